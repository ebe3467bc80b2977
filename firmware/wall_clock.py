"""What time it is, as far as the box knows: Unix seconds counted on from the last source.

The board's own clock starts in 2000 after every power cut and drifts, so nothing but a source
(NTP) makes a time known. A time between a source and the next restart is
"synchronised" for a day, then "informative"; without a source it is "unknown".
"""

import time

from micropython import const

SOURCE_DAY_S = 86_400
EARLIEST_S = 1_767_225_600  # 2026-01-01: this firmware did not exist before
LATEST_S = 4_102_444_800  # 2100-01-01
QUALITIES = ("unknown", "informative", "synchronised")
CRYSTAL = 1_000  # a second in so many is not counted as passed: ten times an ESP32's worst drift
PACE = 30  # seconds that a confirmed time may lift the floor in each second of running
_STEADY_S = const(60)  # a source that corrects by more has to be confirmed anew


class WallClock:
    """Unknown until a source has set it. kept: what marks() returned in the last run, or None.

    The floor is a time that has surely passed; no source can set the clock before it. What lifts
    it, how far a lie can, and why that heals: docs/link.md, "Time".
    """

    def __init__(self, kept=None):
        self._unix_s = 0
        self._since_set_s = 0
        self._ticks_ms = None
        self._rest_ms = 0
        self._run_s = 0
        self._is_tried = self._is_sure = False
        proven_s, confirmed_s = kept or (0, 0)
        self._proven_s = believable(proven_s)
        self._confirmed_s = believable(confirmed_s)

    def set(self, unix_s: int):
        """Take over a source's time. Raises ValueError if it cannot be true."""
        floor_s = self.floor_s()
        if not floor_s <= unix_s < LATEST_S:
            raise ValueError("clock: %d is not from %d to %d" % (unix_s, floor_s, LATEST_S))
        if abs(unix_s - self._unix_s) > _STEADY_S:
            self._is_tried = self._is_sure = False
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
        if not whole_s:
            return
        self._run_s += whole_s
        if self._unix_s:
            self._unix_s += whole_s
            self._since_set_s += whole_s
        if self._is_sure:
            self._confirmed_s = min(self._unix_s, self.floor_s() + whole_s * PACE)

    def unix_s(self) -> int:
        """Return the Unix time, 0 if unknown."""
        return self._unix_s

    def floor_s(self) -> int:
        """Return a Unix time that has passed."""
        return max(self._proven(), self._confirmed_s)

    def best_s(self) -> int:
        """Return the time to judge a certificate by; confirm() if that found it valid."""
        self._is_tried = bool(self._unix_s)
        return max(self._unix_s, self.floor_s())

    def confirm(self):
        """A certificate of the owner's CA was valid at the time that best_s() returned last."""
        self._is_sure = self._is_tried

    def marks(self) -> tuple:
        """Return what the next run begins with."""
        return self._proven(), self._confirmed_s

    def quality(self) -> str:
        if not self._unix_s:
            return QUALITIES[0]
        return QUALITIES[2 if self._since_set_s < SOURCE_DAY_S else 1]

    def _proven(self):
        return self._proven_s + self._run_s - self._run_s // CRYSTAL


def believable(unix_s) -> int:
    """Return a time that was kept, or the earliest there can be."""
    return unix_s if EARLIEST_S < unix_s < LATEST_S else EARLIEST_S
