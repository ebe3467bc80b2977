"""What time it is, as far as the box knows: Unix seconds counted on from the last source.

The board's own clock starts in 2000 after every power cut and drifts, so nothing but a source
(NTP, the broker, an engineer) makes a time known. A time between a source and the next restart is
"synchronised" for a day, then "informative"; without a source it is "unknown".
"""

import time

SOURCE_DAY_S = 86_400
EARLIEST_S = 1_767_225_600  # 2026-01-01: this firmware did not exist before
LATEST_S = 4_102_444_800  # 2100-01-01
QUALITIES = ("unknown", "informative", "synchronised")


class WallClock:
    """Unknown until a source has set it.

    The bounds are fixed ones. A floor that rose with every known time would, after one source's
    wrong year, refuse the right time for ever.
    """

    floor_s = EARLIEST_S

    def __init__(self):
        self._unix_s = 0
        self._since_set_s = 0
        self._ticks_ms = None
        self._rest_ms = 0

    def set(self, unix_s: int):
        """Take over a source's time. Raises ValueError if it cannot be true."""
        if not EARLIEST_S <= unix_s < LATEST_S:
            raise ValueError("clock: %d is not from %d to %d" % (unix_s, EARLIEST_S, LATEST_S))
        self._unix_s = unix_s
        self._since_set_s = 0
        self._rest_ms = 0

    def poll(self, now_ms):
        """Count on. now_ms: ticks_ms(); call at least once in six days."""
        before_ms, self._ticks_ms = self._ticks_ms, now_ms
        if before_ms is None:
            return
        self._rest_ms += time.ticks_diff(now_ms, before_ms)
        whole_s, self._rest_ms = self._rest_ms // 1_000, self._rest_ms % 1_000
        if self._unix_s:
            self._unix_s += whole_s
            self._since_set_s += whole_s

    def unix_s(self) -> int:
        """Return the Unix time, 0 if unknown."""
        return self._unix_s

    def quality(self) -> str:
        if not self._unix_s:
            return QUALITIES[0]
        return QUALITIES[2 if self._since_set_s < SOURCE_DAY_S else 1]
