"""The chip's watchdog: resets the box unless the whole control loop ran in time.

Cost: 5 us (estimated).
"""


class Watchdog:
    """wdt: machine.WDT, already counting. It cannot be stopped."""

    def __init__(self, wdt):
        self._wdt = wdt

    def feed(self):
        """Called as the last line of a complete tick, and from nowhere else."""
        self._wdt.feed()
