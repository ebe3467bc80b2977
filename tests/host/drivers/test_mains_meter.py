"""RMS and true power from one pair of reads a tick, against sines computed here."""

import math
import random

import pytest

from drivers.mains_arithmetic import root
from drivers.mains_meter import MainsMeter

BIAS_UV, UA_PER_MV, RATIO = 1_300_000, 50_000, 330
TICK_US = 9_000


class Wave:
    """An ADC pin with a sine on it. clock: a list of one number, microseconds, shared by all."""

    def __init__(self, clock, peak_uv, hertz, lag=0.0, bias_uv=BIAS_UV):
        self.clock, self.peak_uv, self.hertz, self.lag = clock, peak_uv, hertz, lag
        self.bias_uv = bias_uv

    def read_uv(self):
        self.clock[0] += 35
        angle = 2 * math.pi * self.hertz * self.clock[0] / 1e6 - self.lag
        return int(self.bias_uv + self.peak_uv * math.sin(angle))


def measured(amps, volts=230.0, hertz=50.0, lag=0.0, closed=1, bias_uv=BIAS_UV, windows=6):
    clock = [0]
    current = Wave(clock, amps * math.sqrt(2) * 1e9 / UA_PER_MV, hertz, lag, bias_uv)
    voltage = Wave(clock, volts * math.sqrt(2) * 1e6 / RATIO, hertz, 0.0, bias_uv)
    meter = MainsMeter([current], [voltage], BIAS_UV, UA_PER_MV, RATIO)
    energy_mws = 0
    for tick in range(100 * windows):
        clock[0] = tick * TICK_US
        meter.sample(closed, 9)
        energy_mws += meter.energy_mws
    return meter, energy_mws


@pytest.mark.parametrize("amps", [1.4, 6.0, 16.0, 32.0])
@pytest.mark.parametrize("hertz", [50.0, 60.0])
def test_current_voltage_and_power_within_one_percent(amps, hertz):
    meter, _ = measured(amps, hertz=hertz)
    assert meter.current_ma[0] == pytest.approx(amps * 1_000, rel=0.01)
    assert meter.voltage_mv[0] == pytest.approx(230_000, rel=0.01)
    assert meter.power_w == pytest.approx(230 * amps, rel=0.01)


@pytest.mark.parametrize("lag_degrees, factor", [(0, 1.0), (60, 0.5), (90, 0.0)])
def test_power_is_true_watts(lag_degrees, factor):
    meter, _ = measured(16.0, lag=math.radians(lag_degrees))
    assert meter.power_w == pytest.approx(230 * 16 * factor, abs=40)


@pytest.mark.parametrize("hertz", [45.3, 49.9, 50.1, 64.7])
def test_energy_is_right_at_any_mains_frequency(hertz):
    _, energy_mws = measured(16.0, hertz=hertz, windows=30)
    assert energy_mws == pytest.approx(230 * 16 * 27 * 1_000, rel=0.01)


def test_an_unknown_zero_is_not_a_current_once_the_meter_is_ready():
    clock = [0]
    meter = MainsMeter([Wave(clock, 0, 50.0, bias_uv=BIAS_UV + 40_000)], [], BIAS_UV, UA_PER_MV, 1)
    for tick in range(140):
        clock[0] = tick * TICK_US
        meter.sample(0, 9)
        assert not meter.ready or meter.quick_ma[0] == 0


def test_a_wrong_bias_does_not_matter():
    meter, _ = measured(6.0, bias_uv=BIAS_UV + 60_000)
    assert meter.current_ma[0] == pytest.approx(6_000, rel=0.01)


def test_nothing_is_counted_while_the_contactor_is_open():
    meter, energy_mws = measured(6.0, closed=0)
    assert energy_mws == 0
    assert meter.current_ma[0] == pytest.approx(6_000, rel=0.01)


def test_without_voltage_inputs_power_is_current_times_nominal():
    clock = [0]
    current = Wave(clock, 16 * math.sqrt(2) * 1e9 / UA_PER_MV, 50.0)
    meter = MainsMeter([current], [], BIAS_UV, UA_PER_MV, RATIO)
    for tick in range(200):
        clock[0] = tick * TICK_US
        meter.sample(1, 9)
    assert meter.power_w == pytest.approx(230 * 16, rel=0.01)


def test_the_peak_follows_within_four_ticks():
    clock = [0]
    current = Wave(clock, 16 * math.sqrt(2) * 1e9 / UA_PER_MV, 50.0)
    meter = MainsMeter([current], [], BIAS_UV, UA_PER_MV, RATIO)
    for tick in range(1, 50):
        clock[0] = tick * TICK_US
        meter.sample(1, 9)
        assert tick < 4 or meter.peak_ma > 0.45 * 16_000 * math.sqrt(2)
    current.peak_uv = 0
    for tick in range(50, 54):
        clock[0] = tick * TICK_US
        meter.sample(1, 9)
    assert meter.peak_ma < 100


@pytest.mark.parametrize("square", [0, 1, 2, 100, 4_096, 99_999, 4_840_000, (1 << 30) - 1])
def test_root_is_the_square_root_in_sixteenths(square):
    assert root(square) == pytest.approx(16 * math.sqrt(square), abs=16, rel=0.001)


def test_a_saturated_input_stays_inside_31_bits():
    clock = [0]
    stuck = Wave(clock, 0, 50.0, bias_uv=3_300_000)
    meter = MainsMeter([stuck], [stuck], 0, UA_PER_MV, RATIO)
    for _ in range(99):
        meter.sample(1, 9)
    assert max(abs(total) for total in meter._sums[0]) < 1 << 30
    assert abs(meter._sums[0][2]) > 1 << 29


@pytest.mark.parametrize(
    "hertz", [45.0, 47.4, 49.95, 50.0, 50.4, 51.11, 54.0, 57.9, 59.95, 60.0, 60.5, 62.0, 65.0]
)
def test_the_frequency_within_a_twentieth_of_a_hertz(hertz):
    meter, _ = measured(0.0, hertz=hertz)
    assert meter.frequency_chz == pytest.approx(hertz * 100, abs=5)


def test_where_the_ticks_fold_the_frequency_is_right_within_half_a_hertz():
    for hertz in (55.2, 55.5, 55.6, 56.0, 57.3):
        assert measured(0.0, hertz=hertz)[0].frequency_chz == pytest.approx(hertz * 100, abs=50)


def test_no_voltage_has_no_frequency():
    assert measured(0.0, volts=0.0)[0].frequency_chz == 0


def test_a_late_tick_does_not_bend_the_frequency():
    clock = [0]
    voltage = Wave(clock, 230 * math.sqrt(2) * 1e6 / RATIO, 50.0)
    meter = MainsMeter([Wave(clock, 0.0, 50.0)], [voltage], BIAS_UV, UA_PER_MV, RATIO)
    now_us = 0
    for tick in range(400):
        late_us = 13_000 if tick % 10 == 0 else 0
        now_us += TICK_US + late_us
        clock[0] = now_us
        meter.sample(0, (TICK_US + late_us) // 1_000)
    assert meter.frequency_chz == pytest.approx(5_000, abs=10)


@pytest.mark.parametrize("hertz, within", [(50.0, 0.005), (60.0, 0.08)])
def test_the_quick_values_follow_within_two_of_their_windows(hertz, within):
    clock = [0]
    current = Wave(clock, 16 * math.sqrt(2) * 1e9 / UA_PER_MV, hertz)
    voltage = Wave(clock, 230 * math.sqrt(2) * 1e6 / RATIO, hertz)
    meter = MainsMeter([current], [voltage], BIAS_UV, UA_PER_MV, RATIO)
    for tick in range(200):
        clock[0] = tick * TICK_US
        meter.sample(1, 9)
    assert meter.quick_ma[0] == pytest.approx(16_000, rel=within)
    assert meter.quick_mv[0] == pytest.approx(230_000, rel=within)
    current.peak_uv = current.peak_uv * 2
    for tick in range(200, 240):
        clock[0] = tick * TICK_US
        meter.sample(1, 9)
    assert meter.quick_ma[0] == pytest.approx(32_000, rel=within)


def test_it_is_ready_after_its_first_window():
    clock = [0]
    meter = MainsMeter([Wave(clock, 0.0, 50.0)], [], BIAS_UV, UA_PER_MV, RATIO)
    for _ in range(100):
        assert meter.ready == 0
        meter.sample(0, 9)
    assert meter.ready == 1 and meter.quick_mv == [230_000] * 3 and meter.frequency_chz == 0


class Scripted:
    """An ADC pin that reads what it is told."""

    def __init__(self, read_uv):
        self.read_uv = read_uv


@pytest.mark.parametrize("bias_uv", [0, 3_134_000])
def test_a_dead_channel_is_marked_and_reads_nothing(bias_uv):
    clock = [0]
    voltage = Wave(clock, 230 * math.sqrt(2) * 1e6 / RATIO, 50.0)
    meter = MainsMeter([Scripted(lambda: bias_uv)], [voltage], BIAS_UV, UA_PER_MV, RATIO)
    for tick in range(300):
        clock[0] = tick * TICK_US
        meter.sample(1, 9)
        assert meter.energy_mws == 0
    assert meter.valid == 0
    assert meter.current_ma[0] == 0 and meter.voltage_mv[0] == 0 and meter.power_w == 0


def test_a_channel_that_never_moves_is_dead_at_its_bias_too():
    pin = Scripted(lambda: BIAS_UV)
    meter = MainsMeter([pin], [pin], BIAS_UV, UA_PER_MV, RATIO)
    for _ in range(100):
        meter.sample(1, 9)
    assert meter.valid == 0


def test_a_living_channel_without_current_is_valid():
    assert measured(0.02)[0].valid == 1


def metered_mws(meter, clock, ticks):
    total = 0
    for tick in range(ticks):
        clock[0] = tick * TICK_US
        meter.sample(1, 9)
        assert meter.phase_mws[0] >= 0
        total += meter.phase_mws[0]
    return total


def test_energy_below_zero_is_set_against_what_follows():
    clock = [0]
    current = Wave(clock, 0.6 * math.sqrt(2) * 1e9 / UA_PER_MV, 50.0, math.pi)
    voltage = Wave(clock, 230 * math.sqrt(2) * 1e6 / RATIO, 50.0)
    meter = MainsMeter([current], [voltage], BIAS_UV, UA_PER_MV, RATIO)
    assert metered_mws(meter, clock, 500) == 0
    assert meter.phase_mw[0] == pytest.approx(-138_000, rel=0.02)
    current.lag = 0.0
    assert metered_mws(meter, clock, 500) == 0
    assert metered_mws(meter, clock, 500) == pytest.approx(138_000 * 4.5, rel=0.02)


def test_a_debt_is_one_watt_hour_at_most():
    clock = [0]
    current = Wave(clock, 16 * math.sqrt(2) * 1e9 / UA_PER_MV, 50.0, math.pi)
    voltage = Wave(clock, 230 * math.sqrt(2) * 1e6 / RATIO, 50.0)
    meter = MainsMeter([current], [voltage], BIAS_UV, UA_PER_MV, RATIO)
    metered_mws(meter, clock, 1_000)
    current.lag = 0.0
    assert metered_mws(meter, clock, 1_000) == pytest.approx(3_680_000 * 9 - 3_600_000, rel=0.01)


def test_a_spike_between_two_voltage_reads_is_no_slope():
    clock = [0]
    reads = [0]
    voltage = Wave(clock, 230 * math.sqrt(2) * 1e6 / RATIO, 50.0)
    current = Wave(clock, 16 * math.sqrt(2) * 1e9 / UA_PER_MV, 50.0)

    def spiked():
        reads[0] += 1
        true_uv = voltage.read_uv()
        return 3_000_000 if reads[0] % 34 == 0 else true_uv

    meter = MainsMeter([current], [Scripted(spiked)], BIAS_UV, UA_PER_MV, RATIO)
    for tick in range(600):
        clock[0] = tick * TICK_US
        meter.sample(0, 9)
    assert abs(meter.products[0][3]) < 2_000


def test_products_of_the_largest_readings_stay_inside_31_bits():
    meter, _ = measured(38.0, closed=1, windows=2)
    assert meter.phase_mws[0] < 1 << 30
    assert meter._uw_per_square[0] * 1_000 < 1 << 30
    assert 3_200 * meter._ua_per_unit[0] < 1 << 30


class House:
    """A meter on three phases whose channels can be put out of order."""

    def __init__(self, bias_uv=BIAS_UV, ua_per_mv=UA_PER_MV, volts=(230, 230, 230)):
        self.clock = [0]
        self.tick = 0
        self.currents = [self.wave(0, k, bias_uv) for k in range(3)]
        peaks = [v * math.sqrt(2) * 1e6 / RATIO for v in volts]
        self.voltages = [self.wave(peak, k, bias_uv) for k, peak in enumerate(peaks)]
        self.random = random.Random(1)
        self.meter = MainsMeter(
            [Scripted(self.reader(wave)) for wave in self.currents],
            [Scripted(self.reader(wave)) for wave in self.voltages],
            bias_uv,
            ua_per_mv,
            RATIO,
        )
        self.highest_ma = self.highest_mv = 0

    def wave(self, peak_uv, phase, bias_uv):
        return Wave(self.clock, peak_uv, 50.0, phase * 2 * math.pi / 3, bias_uv)

    def reader(self, wave):
        return lambda: int(min(max(wave.read_uv() + self.random.gauss(0, 800), 0), 3_100_000))

    def load(self, amps, ua_per_mv=UA_PER_MV):
        for wave in self.currents:
            wave.peak_uv = amps * math.sqrt(2) * 1e9 / ua_per_mv
        return self

    def run(self, ticks, tick_ms=9):
        for _ in range(ticks):
            self.tick += 1
            self.clock[0] += tick_ms * 1_000 - 9 * 35
            self.meter.sample(1, tick_ms)
            if self.meter.ready:
                self.highest_ma = max(self.highest_ma, *self.meter.quick_ma)
                self.highest_mv = max(self.highest_mv, *self.meter.quick_mv)
        return self


@pytest.mark.parametrize(
    "bias_uv, ua_per_mv, step_mv",
    [(BIAS_UV, 50_000, 15), (BIAS_UV, 50_000, 300), (1_650_000, 90_900, 8)],
)
def test_a_zero_that_steps_is_no_current(bias_uv, ua_per_mv, step_mv):
    for after in range(200, 220):
        house = House(bias_uv, ua_per_mv).run(after)
        house.currents[1].bias_uv += step_mv * 1_000
        house.run(400)
        assert house.highest_ma < 500, after


@pytest.mark.parametrize("peak_uv", [-9_000_000, 9_000_000])
def test_a_channel_that_dies_reads_nothing_at_once(peak_uv):
    for after in range(200, 220):
        house = House().run(after)
        house.currents[1].bias_uv += peak_uv
        house.run(2 * 20 + 1)
        assert house.meter.valid == 0
        house.run(400)
        assert house.meter.valid == 0 and house.meter.peak_ma < 1_000
        assert house.highest_ma < 500, after


def test_a_load_that_comes_is_still_seen_within_two_quick_windows():
    for after in range(200, 220):
        house = House().run(after).load(32)
        house.run(2 * 20 + 1)
        assert house.meter.quick_ma == pytest.approx([32_000] * 3, rel=0.01), after


def test_a_channel_that_comes_back_is_believed_again():
    house = House().load(16).run(200)
    house.currents[1].bias_uv = -9_000_000
    house.run(300)
    house.currents[1].bias_uv = BIAS_UV
    house.run(300)
    assert house.meter.valid == 1
    assert house.meter.quick_ma[1] == pytest.approx(16_000, rel=0.01)


def test_a_grounded_voltage_channel_shows_no_voltage_ever():
    house = House(volts=(230, 0, 0))
    for wave in house.voltages[1:]:
        wave.bias_uv = 0
    for _ in range(400):
        house.run(1)
        assert not house.meter.ready or house.meter.quick_mv[1:] == [0, 0]
    assert house.meter.valid == 0
    assert house.meter.quick_mv[0] == pytest.approx(230_000, rel=0.01)


@pytest.mark.parametrize("off_mv", [100, 200, 400])
def test_a_voltage_channel_off_its_bias_shows_no_voltage(off_mv):
    house = House(volts=(230, 0, 0))
    house.voltages[1].bias_uv += off_mv * 1_000
    for _ in range(400):
        house.run(1)
        assert not house.meter.ready or house.meter.quick_mv[1] < 10_000
    assert house.meter.valid == 1


@pytest.mark.parametrize("tick_ms, valid", [(9, 1), (10, 0), (11, 1), (12, 1), (20, 0)])
def test_ticks_in_step_with_the_mains_measure_nothing(tick_ms, valid):
    house = House().load(32).run(300, tick_ms)
    assert house.meter.valid == valid
    if valid:
        assert house.meter.current_ma == pytest.approx([32_000] * 3, rel=0.03)
    else:
        assert house.meter.frequency_chz == 0 and house.meter.power_w == 0
        assert house.meter.current_ma == house.meter.quick_ma == [0] * 3
    assert house.run(300).meter.valid == 1


def test_a_loop_that_is_late_now_and_then_keeps_its_meter():
    house = House().load(16)
    for _ in range(100):
        house.run(5).run(1, 10)
        assert house.meter.valid == 1
