"""What control reads of any meter, for the meters that are asked over a bus.

A reading counts when all of it has arrived, passed its check and lies in the range of a wallbox.
Otherwise it is refused. A phase without a good one for 3 s reads 0, voltage and all, and counts
nothing until good readings are back; valid is 0 while that is so of every phase. One that never
answered is not there. One that falls silent while the others speak has lost its supply, as far as
can be told: its 0 V is a lost phase.

Such meters average, and their answers come late: for 1.5 s after an opening what they say of the
current is of the time before, and reads 0.
"""

from micropython import const

from drivers.mains_arithmetic import thousandth

STALE_MS = 3_000
_SETTLES_MS = const(1_500)  # a turn of three chips or 0.45 s, and the average of a second
_DEBT_MWS = const(3_600_000)  # negative energy remembered against positive: 1 Wh
_HIGHEST_MV = const(400_000)
_HIGHEST_MA = const(100_000)
_HIGHEST_MW = const(40_000_000)
_LOWEST_CHZ = const(4_000)
_HIGHEST_CHZ = const(7_000)


class Readings:
    """The fields of drivers.mains_meter.MainsMeter that control uses.

    quick_ma and quick_mv are current_ma and voltage_mv: such a meter is not faster than itself.
    peak_ma is 0: it knows no instantaneous current. refused: readings that did not count.
    """

    def __init__(self, phases: int):
        self.phases = phases
        self.current_ma = self.quick_ma = [0] * 3
        self.voltage_mv = self.quick_mv = [0] * 3
        self.phase_mw = [0] * 3
        self.power_w = 0
        self.energy_mws = 0
        self.phase_mws = [0] * 3
        self.frequency_chz = 0
        self.peak_ma = 0
        self.ready = 0
        self.valid = 0
        self.refused = 0
        self._closed_ms = [0] * phases  # with the contactor closed, since the last good reading
        self._ages_ms = [STALE_MS + 1] * phases
        self._settles_ms = 0
        self._was_closed = 0
        self._owed_mws = [0] * phases

    def pass_time(self, closed: int, elapsed_ms: int):
        """Begin a tick."""
        if self.energy_mws:
            self.energy_mws = 0
            self._clear(self.phase_mws)
        if self._was_closed and not closed:
            self._settles_ms = _SETTLES_MS
            self._clear(self.current_ma)
        self._was_closed = closed
        self._settles_ms = 0 if closed else max(self._settles_ms - elapsed_ms, 0)
        for phase in range(self.phases):
            self._age(phase, closed, elapsed_ms)

    def _age(self, phase, closed, elapsed_ms):
        before_ms = self._ages_ms[phase]
        if before_ms > STALE_MS:
            return
        self._ages_ms[phase] = before_ms + elapsed_ms
        if closed:
            self._closed_ms[phase] += elapsed_ms
        if before_ms + elapsed_ms > STALE_MS:
            self._lose(phase)

    def refuse(self):
        self.refused = (self.refused + 1) & 0xFFFFFF

    def is_plausible(self, mv: int, ma: int, mw: int) -> bool:
        return (
            0 <= mv <= _HIGHEST_MV and 0 <= ma <= _HIGHEST_MA and -_HIGHEST_MW <= mw <= _HIGHEST_MW
        )

    def take(self, phase: int, mv: int, ma: int, mw: int):
        """Keep one phase of a good reading."""
        self.voltage_mv[phase] = mv
        self.current_ma[phase] = 0 if self._settles_ms else ma
        self.phase_mw[phase] = mw
        self._ages_ms[phase] = 0

    def accept(self, frequency_chz: int):
        """End a good reading."""
        self.frequency_chz = frequency_chz if _LOWEST_CHZ <= frequency_chz <= _HIGHEST_CHZ else 0
        self.power_w = sum(self.phase_mw) // 1_000
        self.valid = 1
        self.ready = 1

    def integrate(self, phase: int):
        """Count the power of a phase over the time since its last good reading."""
        mws = thousandth(self.phase_mw[phase], self._closed_ms[phase]) + self._owed_mws[phase]
        self._owed_mws[phase] = max(min(mws, 0), -_DEBT_MWS)
        self.count(phase, max(mws, 0))
        self._closed_ms[phase] = 0

    def count(self, phase: int, mws: int):
        self.phase_mws[phase] = mws
        self.energy_mws += mws

    def _lose(self, phase):
        self.take(phase, 0, 0, 0)
        self._ages_ms[phase] = STALE_MS + 1
        self._closed_ms[phase] = 0
        self.power_w = sum(self.phase_mw) // 1_000
        if min(self._ages_ms) > STALE_MS:
            self.valid = 0
            self.frequency_chz = 0

    def _clear(self, values):
        for phase in range(3):
            values[phase] = 0
