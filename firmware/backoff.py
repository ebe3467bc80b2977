"""Growing pauses for what has failed: 1 s, then twice as long each time, at most 15 minutes."""

import time

FIRST_MS, LONGEST_MS = 1_000, 900_000


class Backoff:
    """No pause until the first failure."""

    def __init__(self):
        self._span_ms = 0
        self._since_ms = 0

    def is_over(self, now_ms: int) -> bool:
        """Return whether it may be tried. now_ms: ticks_ms()."""
        return not self._span_ms or time.ticks_diff(now_ms, self._since_ms) >= self._span_ms

    def fail(self, now_ms: int):
        """It was tried and failed."""
        self._since_ms = now_ms
        self._span_ms = min(self._span_ms * 2, LONGEST_MS) or FIRST_MS

    def succeed(self):
        self._span_ms = 0
