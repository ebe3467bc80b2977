"""What control reads of any meter, for the meters that are asked over a bus.

A reading counts when all of it has arrived, passed its check and lies in the range of a wallbox.
Otherwise it is refused; with no good one for 3 s the meter is marked: valid is 0, currents and
power are 0, and nothing is counted until good readings are back. The last voltages stay, as an
unknown voltage is not a missing one.
"""

from drivers.mains_arithmetic import thousandth

STALE_MS = 3_000
DEBT_MWS = 3_600_000  # negative energy remembered against positive: 1 Wh
HIGHEST_MV, HIGHEST_MA, HIGHEST_MW = 400_000, 100_000, 40_000_000
LOWEST_CHZ, HIGHEST_CHZ = 4_000, 7_000


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
        self.closed_ms = 0  # with the contactor closed, since the last good reading
        self.age_ms = 0
        self._owed_mws = [0] * phases

    def pass_time(self, closed: int, elapsed_ms: int):
        """Begin a tick."""
        if self.energy_mws:
            self.energy_mws = 0
            for phase in range(3):
                self.phase_mws[phase] = 0
        self.age_ms = min(self.age_ms + elapsed_ms, STALE_MS + 1)
        if closed and self.valid:
            self.closed_ms += elapsed_ms
        if self.valid and self.age_ms > STALE_MS:
            self._lose()

    def refuse(self):
        self.refused = (self.refused + 1) & 0xFFFFFF

    def is_plausible(self, mv: int, ma: int, mw: int) -> bool:
        return 0 <= mv <= HIGHEST_MV and 0 <= ma <= HIGHEST_MA and -HIGHEST_MW <= mw <= HIGHEST_MW

    def take(self, phase: int, mv: int, ma: int, mw: int):
        """Keep one phase of a good reading."""
        self.voltage_mv[phase] = mv
        self.current_ma[phase] = ma
        self.phase_mw[phase] = mw

    def accept(self, frequency_chz: int):
        """End a good reading."""
        self.frequency_chz = frequency_chz if LOWEST_CHZ <= frequency_chz <= HIGHEST_CHZ else 0
        self.power_w = sum(self.phase_mw) // 1_000
        self.age_ms = 0
        self.valid = 1
        self.ready = 1

    def integrate(self):
        """Count the power of the phases over the time since the last good reading."""
        for phase in range(self.phases):
            mws = thousandth(self.phase_mw[phase], self.closed_ms) + self._owed_mws[phase]
            self._owed_mws[phase] = max(min(mws, 0), -DEBT_MWS)
            self.count(phase, max(mws, 0))
        self.closed_ms = 0

    def count(self, phase: int, mws: int):
        self.phase_mws[phase] = mws
        self.energy_mws += mws

    def _lose(self):
        self.valid = 0
        self.power_w = 0
        self.closed_ms = 0
        self.frequency_chz = 0
        for phase in range(3):
            self.current_ma[phase] = 0
            self.phase_mw[phase] = 0
