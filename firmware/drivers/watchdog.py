"""The chip's watchdog: resets the box unless the whole control loop ran in time.

Cost: 5 us (estimated).
"""

from micropython import const

# to compose the box: two erases of 400 ms, 2,000 reads of flash, calibration
_START_MS = const(20_000)
_LOOP_MS = const(2_000)


class Watchdog:
    """wdt: machine.WDT, the class; it counts from here on and cannot be stopped.

    On the ESP32 another one made is the same with its new timeout: esp_task_wdt_reconfigure().
    """

    def __init__(self, wdt):
        self._make = wdt
        self._wdt = wdt(timeout=_START_MS)

    def shorten(self):
        """The box is composed: from now on the loop has _LOOP_MS. Call once, before it starts."""
        self._wdt = self._make(timeout=_LOOP_MS)

    def feed(self):
        """Called as the last line of a complete tick, and from nowhere else."""
        self._wdt.feed()
