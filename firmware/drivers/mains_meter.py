"""Currents, voltages and true power of up to three phases from ADC channels.

Each tick takes of each phase voltage, current, voltage. The two voltages give one of the current's
own moment and its slope, which serves twice: power corrected for a transformer that leads or lags,
and a frequency that cannot be mistaken. The tick's 9 ms walk through the 20 ms of 50 Hz in twenty
equal steps and through the 16.7 ms of 60 Hz in fifty, so 100 ticks weigh every part of the wave
alike: RMS and power need no zero crossings and no fast sampling. The one frequency between 45 and
65 Hz that 9 ms do not walk through is 55.56 Hz (docs/metering.md says what is lost there).

Protection cannot wait 0.9 s: every 20 ticks, nine periods of 50 Hz, each phase also gives a quick
RMS of current and voltage round their own mean (at 60 Hz, 10.8 periods: within 8 %).

Ticks of half a mains period (10 ms, 8.3 ms) would meet the same points of the wave for ever: where
most are such, nothing is valid.

Range +-1100 mV round the bias, that is 55 A peak, 39 A RMS of a sine, at 50 mA/mV. Resolution:
half a millivolt a read. Cost on the board: 9 reads a tick on three phases, 0.32 ms.
Integers stay below 2**30: reads are held to 3200 units, and 3200 * 3200 * 100 fits.
"""

from micropython import const

from drivers.mains_arithmetic import root, scaled, thousandth
from drivers.neighbours import Neighbours
from drivers.phase_sums import COUNT, add, read
from drivers.quick_window import QUICK, QuickWindow

_WINDOW = const(100)
_TICK_MS = const(9)
# the clock counts whole milliseconds
_EARLY_MS = const(_TICK_MS - 1)
_LATE_MS = const(_TICK_MS + 1)
_LOCKING_MS = const((8, 10, 16, 17, 20))  # of half or whole periods of 60 and 50 Hz
_PEAKS = const(4)  # ticks: 36 ms, in which a sine shows at least 45 % of its peak
_NOISE_MA = const(100)
_UV_PER_UNIT = const(500)
_HIGHEST = const(3_200)  # units: 1.6 V from the bias, where every converter has saturated
_STEEPEST = const(200)  # units between two reads of a voltage; a sine of full range makes 50
_FAR = const(1_000)  # units: a zero half a volt from the bias is no transformer's
_LONGEST_MS = const(3_000)  # of a window, for 31 bits: the watchdog bites before
# how a channel was found dead
_QUICKLY = const(1)
_WHOLLY = const(2)
_PPM = const(1_000_000)
_DEBT_MWS = const(3_600_000)  # negative energy remembered against positive: 1 Wh


class MainsMeter:
    """current_ma, voltage_mv: RMS per phase. power_w: sum; phase_mw by phase, signed.

    energy_mws: since the last tick, phase_mws by phase; never negative: what a window measures
    below zero is set against the next ones.
    quick_ma, quick_mv: RMS of the last 180 ms. frequency_chz: 1/100 Hz of the first phase, 0 where
    there is no voltage. ready: 1 once a first window has settled the converters' zero.
    valid: 0 while a channel is stuck or its zero is far from the bias, and while the ticks keep
    step with the mains: the readings of that phase, or all, are then 0.
    peak_ma: largest instantaneous current of the last 36 ms, for questions that cannot wait.
    windows: counts the windows. products: of the last one, by phase, for calibration, means in
    units squared: current and voltage each with itself, with the other, current with the slope.

    currents, voltages: machine.ADC per phase; voltages may be empty: then nominal_mv is reported
    and power is current times nominal voltage. bias_uv: ADC reading at zero.
    ua_per_mv, ratio: current and voltage per ADC voltage (microampere per millivolt; volts per
    volt).
    """

    def __init__(self, currents, voltages, bias_uv, ua_per_mv, ratio, nominal_mv=230_000):
        phases = len(currents)
        self.phases = phases
        self.measures_voltage = len(voltages)
        self._read_i = [adc.read_uv for adc in currents]
        self._read_u = [adc.read_uv for adc in voltages]
        self.ua_per_mv = ua_per_mv
        self.ratio = ratio
        self._ua_per_unit = [0] * phases
        self._ratio_1000 = [0] * phases  # volts per volt, 1/1000
        self._uw_per_square = [0] * phases
        self._lead = [0] * phases
        self._noise = [0] * phases
        for phase in range(phases):
            self.calibrate(phase)
        self._nominal_mv = nominal_mv
        self._bias = bias_uv // _UV_PER_UNIT
        self._zero_i = [self._bias] * phases
        self._zero_u = [self._bias] * phases
        self._sums = [[0] * COUNT for _ in range(phases)]  # phase_sums.add() says of what
        self._reads = [0] * 3
        self._ticks = self._window_ms = self._closed = self._turn = 0
        self._peaks = [0] * _PEAKS
        self._quick_i = [QuickWindow() for _ in range(phases)]
        self._quick_u = [QuickWindow() for _ in range(phases)]
        self._dead = [0] * phases
        self._locking = self._locked = 0  # ticks in step with the mains; whether most of 20 were
        self.neighbours = Neighbours()  # of the first phase
        self._owed_mws = [0] * phases
        self.products = [[0] * 4 for _ in range(phases)]
        self.windows = 0
        self.quick_ma = [0] * 3
        self.quick_mv = [0 if voltages else nominal_mv for _ in range(3)]
        self.frequency_chz = 0
        self.ready = 0
        self.valid = 1
        self.current_ma = [0] * 3
        self.voltage_mv = [0 if voltages else nominal_mv for _ in range(3)]
        self.phase_mw = [0] * 3
        self.power_w = 0
        self.energy_mws = 0
        self.phase_mws = [0] * 3
        self.peak_ma = 0

    def calibrate(self, phase: int, current_ppm=_PPM, voltage_ppm=_PPM, lead=0, noise=0):
        """Take a unit's own scaling. Negative current_ppm: the transformer is mounted backwards.

        lead: how far the current's reading comes early, in 1/1000 of the time between the two
        voltage reads. noise: the mean square of the current's reads without current, units.
        """
        self._ua_per_unit[phase] = abs(current_ppm) * self.ua_per_mv // (2 * _PPM)
        self._ratio_1000[phase] = voltage_ppm * self.ratio // 1_000
        nw_per_square = current_ppm * self.ua_per_mv // _PPM * self._ratio_1000[phase] // 4_000
        self._uw_per_square[phase] = (nw_per_square + 500) // 1_000
        self._lead[phase] = lead
        self._noise[phase] = noise

    def sample(self, closed: int, elapsed_ms: int):
        """Take one tick's samples; at the end of a window renew the results.

        closed: 1 while the contactor may carry current. Energy is counted only in windows in
        which it was, so that noise never creeps into the register.
        """
        self._window_ms += elapsed_ms
        if elapsed_ms and (elapsed_ms < _EARLY_MS or elapsed_ms > _LATE_MS):
            self.neighbours.break_off()
        if elapsed_ms in _LOCKING_MS:
            self._locking += 1
        self._closed |= closed
        if self.energy_mws:
            self._start_tick()
        peak = 0
        for phase in range(self.phases):
            size = self._take(phase)
            if size > peak and not self._dead[phase]:
                peak = size
        self._peaks[self._ticks % _PEAKS] = peak
        self.peak_ma = max(self._peaks) // 125
        self._ticks += 1
        self._turn = turn = (self._turn + 1) % QUICK
        if turn == 0:
            self._judge_rhythm()
        if turn < self.phases:
            self._conclude_quickly(turn)
        if self._ticks >= _WINDOW:
            self._conclude()

    def _start_tick(self):
        self.energy_mws = 0
        for phase in range(self.phases):
            self.phase_mws[phase] = 0

    def _take(self, phase):
        """Read one phase and add it up. Return the current's size, 8 microamperes."""
        u = slope = 0
        if self.measures_voltage:
            reads = self._reads
            read(reads, self._read_i[phase], self._read_u[phase])
            first, i, last = reads
            i = i // _UV_PER_UNIT - self._zero_i[phase]
            u = (first + last) // (2 * _UV_PER_UNIT) - self._zero_u[phase]
            slope = (last - first) // _UV_PER_UNIT
            if not -_HIGHEST <= u <= _HIGHEST:
                u = _HIGHEST if u > 0 else -_HIGHEST
            if not -_STEEPEST <= slope <= _STEEPEST:
                slope = 0  # a spike, no wave
            if phase == 0:
                self.neighbours.compare(u >> 2, slope)
        else:
            i = self._read_i[phase]() // _UV_PER_UNIT - self._zero_i[phase]
        if not -_HIGHEST <= i <= _HIGHEST:
            i = _HIGHEST if i > 0 else -_HIGHEST
        add(self._sums[phase], i, u, slope)
        return (i if i >= 0 else -i) * (self._ua_per_unit[phase] >> 3)

    def _judge_rhythm(self):
        self._locked = 1 if self._locking > QUICK // 2 else 0
        self._locking = 0
        self._judge()

    def _judge(self):
        self.valid = 0 if self._locked else 1
        for phase in range(self.phases):
            if self._dead[phase]:
                self.valid = 0

    def _conclude_quickly(self, phase):
        """One phase a tick, so that the roots never add up in one."""
        sums, window = self._sums[phase], self._quick_i[phase]
        square = window.conclude(sums[0], sums[2])
        far = self._is_far(self._zero_i[phase] + window.mean)
        if square >= 0:
            current_ma = self._milliamperes(phase, square - self._noise[phase])
            self.quick_ma[phase] = current_ma if current_ma >= _NOISE_MA else 0
        if self.measures_voltage:
            window = self._quick_u[phase]
            square = window.conclude(sums[1], sums[3])
            far = far or self._is_far(self._zero_u[phase] + window.mean)
            if square >= 0:
                self.quick_mv[phase] = self._millivolts(phase, square)
        self._mark_dead(phase, _QUICKLY, far)
        if self._dead[phase] or self._locked:
            self._clear_quick(phase)

    def _is_far(self, zero):
        return not -_FAR < zero - self._bias < _FAR

    def _mark_dead(self, phase, how, dead):
        before = self._dead[phase]
        self._dead[phase] = before | how if dead else before & ~how
        if self._dead[phase] != before:
            self._judge()

    def _clear_quick(self, phase):
        self.quick_ma[phase] = 0
        if self.measures_voltage:
            self.quick_mv[phase] = 0

    def _milliamperes(self, phase, square):
        return scaled(root(square) >> 1, self._ua_per_unit[phase], 3)

    def _millivolts(self, phase, square):
        return scaled(root(square), self._ratio_1000[phase], 5)

    def _start_quick(self):
        """What was squared before the zero was known is offset, not current nor voltage."""
        for phase in range(self.phases):
            self._quick_i[phase].clear()
            self._quick_u[phase].clear()
            self._clear_quick(phase)

    def _conclude(self):
        self.power_w = 0
        self.energy_mws = 0
        for phase in range(self.phases):
            power_mw = self._conclude_phase(phase, self._sums[phase], self._ticks)
            if not self._closed:
                power_mw = 0
            self.phase_mw[phase] = power_mw
            self.power_w += power_mw // 1_000
            self._count(phase, power_mw)
        chz = self.neighbours.conclude()
        self.frequency_chz = 0 if self._locked else chz
        if not self.ready:
            self._start_quick()
        self.ready = 1
        self.windows = (self.windows + 1) & 0xFFFFFF
        self._ticks = self._window_ms = self._closed = 0

    def _count(self, phase, power_mw):
        """Turn a window's power into energy that never decreases and never drifts."""
        mws = self._owed_mws[phase] + thousandth(power_mw, min(self._window_ms, _LONGEST_MS))
        self._owed_mws[phase] = max(min(mws, 0), -_DEBT_MWS)
        self.phase_mws[phase] = max(mws, 0)
        self.energy_mws += self.phase_mws[phase]

    def _conclude_phase(self, phase, sums, count):
        mean_i = sums[0] // count
        mean_u = sums[1] // count
        self._zero_i[phase] += mean_i
        self._zero_u[phase] += mean_u
        products = self.products[phase]
        products[0] = sums[2] // count - mean_i * mean_i
        products[1] = sums[3] // count - mean_u * mean_u
        products[2] = sums[4] // count - mean_i * mean_u
        products[3] = sums[5] // count
        current_ma = self._milliamperes(phase, products[0] - self._noise[phase])
        self._mark_dead(phase, _WHOLLY, not self._is_alive(phase, sums))
        dead = self._dead[phase] or self._locked
        self.current_ma[phase] = 0 if dead or current_ma < _NOISE_MA else current_ma
        if self.measures_voltage:
            self.voltage_mv[phase] = 0 if dead else self._millivolts(phase, products[1])
            power_mw = self._true_mw(phase, products[2], products[3])
        else:
            power_mw = self._nominal_mv // 100 * self.current_ma[phase] // 10
        self._quick_i[phase].rebase(sums[0], sums[2], mean_i)
        self._quick_u[phase].rebase(sums[1], sums[3], mean_u)
        for k in range(COUNT):
            sums[k] = 0
        return power_mw if self.current_ma[phase] else 0

    def _is_alive(self, phase, sums):
        """Return whether a phase's converters show a wave, or at least noise, round their bias."""
        alive = sums[2] and not self._is_far(self._zero_i[phase])
        if alive and self.measures_voltage:
            alive = sums[3] and not self._is_far(self._zero_u[phase])
        return alive

    def _true_mw(self, phase, product, sloped):
        square = product + thousandth(sloped, self._lead[phase])
        return thousandth(square, self._uw_per_square[phase])
