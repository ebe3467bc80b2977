"""The one place where the control path reads time. Cost: 5 us (estimated)."""

from time import ticks_diff, ticks_ms, ticks_us


class Clock:
    """now_ms: ticks at the last reading (wraps, see MicroPython time.ticks_ms).

    ticks_us: MicroPython's, for a driver that times itself.
    """

    def __init__(self):
        self.ticks_us = ticks_us
        self.now_ms = ticks_ms()

    def elapsed_ms(self) -> int:
        """Return the milliseconds since the last call, at least 0."""
        before = self.now_ms
        self.now_ms = ticks_ms()
        return max(ticks_diff(self.now_ms, before), 0)

    def age_ms(self) -> int:
        """Return the milliseconds since now_ms."""
        return ticks_diff(ticks_ms(), self.now_ms)
