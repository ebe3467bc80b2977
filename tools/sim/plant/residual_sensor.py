"""Residual current monitor: trips with its data-sheet delay, answers its test input.

Bender RCMB104-1: 6 mA DC below 700 ms, 60 mA below 240 ms, 300 mA below 20 ms; AC 30 mA below
270 ms, 60 mA below 80 ms, 150 mA below 20 ms; recloses under 2.5 mA DC, 10 mA AC. The operating
band of the 6 mA element is 3..6 mA; ours acts at 5.
"""

DC_STEPS = ((300, 15), (60, 200), (5, 600))  # at least mA, trips after ms
AC_STEPS = ((150, 15), (60, 70), (25, 250))
DC_CLEAR_MA = 2.5
AC_CLEAR_MA = 10
TEST_MS = 60
TEST_MA = 6.0


class Element:
    """One trip output. tripped: 0 or 1."""

    def __init__(self, world, steps, clear_ma):
        self._world = world
        self._steps = steps
        self._clear_ma = clear_ma
        self._wait = 0
        self.tripped = 0

    def see(self, current_ma):
        self._wait += 1
        wait = self._wait
        if current_ma < self._clear_ma:
            self._after(TEST_MS, wait, 0)
            return
        for least_ma, delay_ms in self._steps:
            if current_ma >= least_ma:
                self._after(delay_ms, wait, 1)
                return

    def trip_after(self, delay_ms):
        self._wait += 1
        self._after(delay_ms, self._wait, 1)

    def _after(self, delay_ms, wait, tripped):
        self._world.at(self._world.now_us + delay_ms * 1_000, lambda: self._set(wait, tripped))

    def _set(self, wait, tripped):
        if wait == self._wait:
            self.tripped = tripped


class ResidualSensor:
    """dc_ma, ac_ma: what leaks. dead: 1 makes the monitor ignore its test."""

    def __init__(self, world):
        self.dc = Element(world, DC_STEPS, DC_CLEAR_MA)
        self.ac = Element(world, AC_STEPS, AC_CLEAR_MA)
        self._dc_ma = 0.0
        self._testing = 0
        self.dead = 0

    def leak_dc(self, current_ma):
        self._dc_ma = current_ma
        self.dc.see(current_ma)

    def leak_ac(self, current_ma):
        self.ac.see(current_ma)

    def test(self, on):
        if on == self._testing:
            return
        self._testing = on
        if on and self.dead:
            return
        if on:
            self.dc.trip_after(TEST_MS)
        else:
            self.dc.see(self._dc_ma)
