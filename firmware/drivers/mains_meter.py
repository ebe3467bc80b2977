"""Currents, voltages and true power of up to three phases from ADC channels.

Each tick takes one pair (voltage, current) a phase. The tick's 9 ms walk through the 20 ms of
the mains in twenty equal steps and through the 16.7 ms of 60 Hz in fifty, so 100 ticks weigh every
part of the wave alike: RMS and power need no zero crossings and no fast sampling. The order within
a pair alternates, which cancels the phase error of reading one after the other.

Protection cannot wait 0.9 s: every 20 ticks, nine periods of 50 Hz, each phase also gives a quick
RMS of current and voltage (at 60 Hz, 10.8 periods: within 8 %). The frequency comes from how the
voltage of one tick resembles its neighbours': u(n-1) + u(n+1) = 2 cos(w T) u(n). Above 55.5 Hz the
ticks mirror it (60 Hz reads 51.1 Hz). It wants a steady tick: a late one starts the sum anew.

Range +-1100 mV round the bias, that is about 55 A RMS at 50 mA/mV. Resolution: half a millivolt a
read. Cost on the board: 6 reads a tick on three phases, 0.21 ms; once in 100 ticks about 1 ms.
Integers stay below 2**30: reads are held to 3200 units, and 3200 * 3200 * 100 fits.
"""

WINDOW = 100
QUICK = 20
TICK_MS = 9
LATE_MS = 2 * TICK_MS
# -10000 cos(2 pi f 9 ms) for f = 40..55 Hz
COSINES = (6374, 6794, 7193, 7569, 7921, 8271, 8576, 8853, 9101, 9321, 9511, 9670, 9799, 9896)
COSINES += (9961, 9995)
LOWEST_HZ = 40
PEAKS = 4  # ticks: 36 ms, in which a sine shows at least 45 % of its peak
NOISE_MA = 100
UV_PER_UNIT = 500
HIGHEST = 3_200  # units: 1.6 V from the bias, where every converter has saturated


def root(square: int) -> int:
    """Return the integer square root of square (0..2**30) times 16."""
    if square <= 0:
        return 0
    scaled, shift = square, 4
    while scaled < 1 << 26 and shift:
        scaled <<= 2
        shift -= 1
    guess = 1 << 15
    while True:
        better = (guess + scaled // guess) >> 1
        if better >= guess:
            return guess << shift
        guess = better


def _held(units):
    return min(max(units, -HIGHEST), HIGHEST)


class MainsMeter:
    """current_ma, voltage_mv: RMS per phase. power_w: sum. energy_mws: since the last tick,
    phase_mws by phase.

    quick_ma, quick_mv: RMS of the last 180 ms. frequency_chz: 1/100 Hz of the first phase, 0 where
    there is no voltage. ready: 1 once a first window has settled the converters' zero.
    peak_ma: largest instantaneous current of the last 36 ms, for questions that cannot wait.
    currents, voltages: machine.ADC per phase; voltages may be empty: then nominal_mv is reported
    and power is current times nominal voltage. bias_uv: ADC reading at zero.
    ua_per_mv, uv_per_uv: current and voltage per ADC voltage (microampere per millivolt; ratio).
    """

    def __init__(self, currents, voltages, bias_uv, ua_per_mv, ratio, nominal_mv=230_000):
        phases = len(currents)
        self._read_i = [adc.read_uv for adc in currents]
        self._read_u = [adc.read_uv for adc in voltages]
        self._ua_per_unit = ua_per_mv * UV_PER_UNIT // 1_000
        self._ratio = ratio
        self._uw_per_square = ratio * self._ua_per_unit // (1_000_000 // UV_PER_UNIT)
        self._nominal_mv = nominal_mv
        self._zero_i = [bias_uv // UV_PER_UNIT] * phases
        self._zero_u = [bias_uv // UV_PER_UNIT] * phases
        self._sums = [[0] * 5 for _ in range(phases)]
        self._ticks = 0
        self._window_ms = 0
        self._closed = 0
        self._peaks = [0] * PEAKS
        self._squares_i = [0] * phases
        self._squares_u = [0] * phases
        self._turn = 0
        self._before = 0  # voltage of the first phase one and two ticks ago
        self._before_that = 0
        self._fresh = 0
        self._alike = 0
        self._square = 0
        self.quick_ma = [0] * 3
        self.quick_mv = [nominal_mv] * 3
        self.frequency_chz = 0
        self.ready = 0
        self.current_ma = [0] * 3
        self.voltage_mv = [0 if voltages else nominal_mv for _ in range(3)]
        self.phase_w = [0] * 3
        self.power_w = 0
        self.energy_mws = 0
        self.phase_mws = [0] * 3
        self.peak_ma = 0

    def sample(self, closed: int, elapsed_ms: int):
        """Take one tick's samples; at the end of a window renew the results.

        closed: 1 while the contactor may carry current. Energy is counted only in windows in
        which it was, so that noise never creeps into the register.
        """
        self._window_ms += elapsed_ms
        if elapsed_ms > LATE_MS:
            self._fresh = 0
        self._closed |= closed
        self.energy_mws = 0
        for phase in range(3):
            self.phase_mws[phase] = 0
        peak = 0
        for phase in range(len(self._read_i)):
            peak = max(peak, self._take(phase))
        self._peaks[self._ticks % PEAKS] = peak
        self.peak_ma = max(self._peaks) * self._ua_per_unit // 1_000
        self._ticks += 1
        self._turn = (self._turn + 1) % QUICK
        if self._turn < len(self._read_i):
            self._conclude_quickly(self._turn)
        if self._ticks >= WINDOW:
            self._conclude()

    def _conclude_quickly(self, phase):
        """One phase a tick, so that the roots never add up in one."""
        amps_16 = root(self._squares_i[phase] // QUICK)
        current_ma = amps_16 * self._ua_per_unit // 16_000
        self.quick_ma[phase] = current_ma if current_ma >= NOISE_MA else 0
        self._squares_i[phase] = 0
        if self._read_u:
            volts_16 = root(self._squares_u[phase] // QUICK)
            self.quick_mv[phase] = volts_16 * self._ratio // (16_000 // UV_PER_UNIT)
            self._squares_u[phase] = 0

    def _start_quick(self):
        """What was squared before the zero was known is offset, not current."""
        for phase in range(len(self._read_i)):
            self._squares_i[phase] = 0
            self.quick_ma[phase] = 0

    def _compare(self, u):
        """Add this tick's voltage to the comparison of neighbours. u: units / 4, to stay small."""
        if self._fresh >= 2:
            self._alike += self._before * (u + self._before_that)
            self._square += 2 * self._before * self._before
        else:
            self._fresh += 1
        self._before_that = self._before
        self._before = u

    def _conclude_frequency(self):
        square = self._square // 10_000
        likeness = -self._alike // square if square else 0
        self._alike = 0
        self._square = 0
        self.frequency_chz = self._frequency_of(likeness) if square else 0

    def _frequency_of(self, cosine):
        for k in range(len(COSINES) - 1):
            low, high = COSINES[k], COSINES[k + 1]
            if low <= cosine < high:
                return (LOWEST_HZ + k) * 100 + (cosine - low) * 100 // (high - low)
        return LOWEST_HZ * 100 if cosine < COSINES[0] else (LOWEST_HZ + len(COSINES) - 1) * 100

    def _take(self, phase):
        i, u = 0, 0
        if self._ticks & 1:
            i = self._read_i[phase]()
        if self._read_u:
            u = _held(self._read_u[phase]() // UV_PER_UNIT - self._zero_u[phase])
        if not self._ticks & 1:
            i = self._read_i[phase]()
        i = _held(i // UV_PER_UNIT - self._zero_i[phase])
        if phase == 0 and self._read_u:
            self._compare(u >> 2)
        self._squares_i[phase] += i * i
        self._squares_u[phase] += u * u
        sums = self._sums[phase]
        sums[0] += i
        sums[1] += u
        sums[2] += i * i
        sums[3] += u * u
        sums[4] += i * u
        return i if i >= 0 else -i

    def _conclude(self):
        self.power_w = 0
        for phase in range(len(self._read_i)):
            power_mw = self._conclude_phase(phase, self._sums[phase], self._ticks)
            if not self._closed:
                power_mw = 0
            self.phase_w[phase] = power_mw // 1_000
            self.power_w += self.phase_w[phase]
            self.phase_mws[phase] = max(power_mw, 0) // 10 * self._window_ms // 100
            self.energy_mws += self.phase_mws[phase]
        self._conclude_frequency()
        if not self.ready:
            self._start_quick()
        self.ready = 1
        self._ticks = 0
        self._window_ms = 0
        self._closed = 0

    def _conclude_phase(self, phase, sums, count):
        mean_i = sums[0] // count
        mean_u = sums[1] // count
        rms_16 = root(sums[2] // count - mean_i * mean_i)
        current_ma = rms_16 * self._ua_per_unit // 16_000
        self.current_ma[phase] = current_ma if current_ma >= NOISE_MA else 0
        if self._read_u:
            volt_16 = root(sums[3] // count - mean_u * mean_u)
            self.voltage_mv[phase] = volt_16 * self._ratio // (16_000 // UV_PER_UNIT)
            square = sums[4] // count - mean_i * mean_u
            power_mw = ((square >> 5) * self._uw_per_square // 1_000) << 5
        else:
            power_mw = self._nominal_mv // 100 * self.current_ma[phase] // 10
        self._zero_i[phase] += mean_i
        self._zero_u[phase] += mean_u
        for k in range(5):
            sums[k] = 0
        return power_mw if self.current_ma[phase] else 0
