"""The pilot driver against a scripted converter: every phase, every duty, noise and spikes."""

import random

import pytest

from drivers.control_pilot import LATE_MOST, ControlPilot

READ_US = 35
READS_US = (20, 25, 30, 40, 45, 50, 55, 60, 62, 65, 70, 75, 80)
ZERO_UV, GAIN_PERMILLE = 1_300_000, 11_364
EDGE_US = 4


class Oscillator:
    """PWM and ADC in one: a square wave between two plateaus, read every read_us."""

    def __init__(self, phase_us=0, bits=16, spike_share=0.0, seed=1, read_us=READ_US):
        self.read_us = read_us
        self.high_mv, self.low_mv = 12_000, -12_000
        self.now_us = phase_us
        self.bits = bits
        self.spike_share = spike_share
        self.random = random.Random(seed)
        self.duty = None

    def duty_u16(self, duty):
        assert 0 <= duty <= 65_535
        lost = 16 - self.bits
        self.duty = 65_536 if duty == 65_535 else duty >> lost << lost

    def read_uv(self):
        self.now_us += self.read_us
        if self.random.random() < self.spike_share:
            return self.uv(self.random.choice((12_000, -12_000)))
        high_us = self.duty * 1_000 / 65_536
        phase_us = self.now_us % 1_000
        if 0 < self.duty < 65_536 and min(phase_us, abs(phase_us - high_us)) < EDGE_US:
            return self.uv((self.high_mv + self.low_mv) // 2)
        return self.uv(self.high_mv if phase_us < high_us else self.low_mv)

    @staticmethod
    def uv(mv):
        return ZERO_UV + mv * 1_000_000 // GAIN_PERMILLE


def pilot_on(oscillator):
    ticks = ticks_of(oscillator)
    return ControlPilot(oscillator, oscillator, ZERO_UV, GAIN_PERMILLE, ticks, oscillator.bits)


def ticks_of(oscillator):
    return lambda: oscillator.now_us & (1 << 30) - 1


@pytest.mark.parametrize(
    "duty_bp", [1_000, 1_599, 1_600, 2_599, 2_600, 5_333, 8_500, 8_920, 9_600]
)
def test_both_plateaus_are_found_at_every_phase(duty_bp):
    for phase_us in range(1_000):
        oscillator = Oscillator(phase_us)
        oscillator.high_mv = 6_000
        pilot = pilot_on(oscillator)
        pilot.drive(duty_bp)
        pilot.sample()
        assert abs(pilot.high_mv - 6_000) <= 15, phase_us
        assert abs(pilot.low_mv + 12_000) <= 15, phase_us


@pytest.mark.parametrize("level_mv", [12_000, 9_000, 6_000, 3_000, 0, -12_000])
def test_a_steady_level_is_both_plateaus(level_mv):
    oscillator = Oscillator()
    oscillator.high_mv = level_mv
    pilot = pilot_on(oscillator)
    pilot.sample()
    assert pilot.high_mv == pilot.low_mv
    assert abs(pilot.high_mv - level_mv) <= 15


@pytest.mark.parametrize("duty_bp", [1_000, 1_333, 1_666, 2_166, 2_666, 5_333])
def test_one_percent_of_spikes_moves_fewer_than_1_burst_in_10_000(duty_bp):
    oscillator = Oscillator(phase_us=7, spike_share=0.01, seed=duty_bp)
    oscillator.high_mv = 6_000
    pilot = pilot_on(oscillator)
    pilot.drive(duty_bp)
    moved = 0
    for _ in range(10_000):
        oscillator.now_us += 173
        pilot.sample()
        moved += abs(pilot.high_mv - 6_000) > 1_000 or abs(pilot.low_mv + 12_000) > 1_000
    assert moved <= 1


@pytest.mark.parametrize("bits", [10, 13, 16])
def test_six_amperes_never_come_out_below_ten_percent(bits):
    oscillator = Oscillator(bits=bits)
    pilot_on(oscillator).drive(1_000)
    assert 1_000 <= oscillator.duty * 10_000 / 65_536 < 1_010


@pytest.mark.parametrize("bits", [13, 16])
def test_every_duty_is_met_within_a_timer_step_and_never_below(bits):
    oscillator = Oscillator(bits=bits)
    pilot = pilot_on(oscillator)
    for duty_bp in range(1_000, 9_601):
        pilot.drive(duty_bp)
        error_bp = oscillator.duty * 10_000 / 65_536 - duty_bp
        assert 0 <= error_bp <= 10_000 / (1 << bits), duty_bp


def test_the_ends_are_steady():
    oscillator = Oscillator(bits=13)
    pilot = pilot_on(oscillator)
    assert oscillator.duty == 65_536
    pilot.drive(0)
    assert oscillator.duty == 0


def test_calibration_takes_the_units_own_rails_as_truth():
    oscillator = Oscillator()
    pilot = pilot_on(oscillator)
    pilot.calibrate(int(oscillator.uv(12_000) * 1.015), int(oscillator.uv(-12_000) * 1.015))
    oscillator.uv = lambda mv: int(Oscillator.uv(mv) * 1.015)
    oscillator.high_mv = 6_000
    pilot.sample()
    assert abs(pilot.high_mv - 6_000) <= 20


@pytest.mark.parametrize(
    "plus_mv, minus_mv", [(9_000, -12_000), (12_000, -9_000), (12_700, -12_000)]
)
def test_calibration_refuses_what_no_converter_gets_wrong(plus_mv, minus_mv):
    oscillator = Oscillator()
    pilot = pilot_on(oscillator)
    with pytest.raises(ValueError, match="pilot calibration"):
        pilot.calibrate(oscillator.uv(plus_mv), oscillator.uv(minus_mv))
    pilot.sample()
    assert abs(pilot.high_mv - 12_000) <= 15


@pytest.mark.parametrize("duty_bp", [0, 1_000, 1_600, 2_667, 5_333, 8_500, 9_600, 10_000])
def test_the_read_back_is_the_duty_within_two_reads(duty_bp):
    for phase_us in range(0, 1_000, 7):
        oscillator = Oscillator(phase_us)
        oscillator.high_mv = 0  # the lowest high plateau there is
        pilot = pilot_on(oscillator)
        pilot.drive(duty_bp)
        pilot.sample()
        assert abs(pilot.read_duty_bp - duty_bp) <= 480, phase_us


def test_a_wrong_oscillator_shows_in_the_read_back():
    oscillator = Oscillator()
    pilot = pilot_on(oscillator)
    pilot.drive(2_667)
    oscillator.duty = 65_536 * 36 // 100
    pilot.sample()
    assert abs(pilot.read_duty_bp - 3_600) <= 480


def test_a_dead_converter_has_no_spread():
    oscillator = Oscillator()
    pilot = pilot_on(oscillator)
    pilot.drive(2_667)
    pilot.sample()
    assert pilot.spread_uv > 1_000_000
    pilot.drive(10_000)
    pilot.sample()
    assert pilot.spread_uv == 0


@pytest.fixture(scope="module", params=READS_US)
def paced(request):
    """A pilot that has measured its converter, whatever that takes for a read."""
    oscillator = Oscillator(read_us=request.param)
    oscillator.high_mv = 6_000
    pilot = pilot_on(oscillator)
    pilot.pace()
    assert pilot.read_ns == request.param * 1_000
    return oscillator, pilot


@pytest.mark.parametrize("duty_bp", [1_000, 1_600, 2_667, 5_333, 8_920])
def test_any_read_time_finds_plateaus_and_duty_at_every_phase(paced, duty_bp):
    oscillator, pilot = paced
    pilot.drive(duty_bp)
    for phase_us in range(1_000):
        oscillator.now_us = phase_us
        pilot.sample()
        assert abs(pilot.high_mv - 6_000) <= 15, phase_us
        assert abs(pilot.low_mv + 12_000) <= 15, phase_us
        assert abs(pilot.read_duty_bp - duty_bp) <= pilot.error_bp + 50 <= 550, phase_us


def test_no_burst_takes_more_than_half_a_tick(paced):
    oscillator, pilot = paced
    for duty_bp in range(1_000, 9_601, 100):
        pilot.drive(duty_bp)
        since_us = oscillator.now_us
        pilot.sample()
        assert oscillator.now_us - since_us <= 4_080


def test_an_interrupted_timing_does_not_count():
    oscillator = Oscillator(read_us=60)
    pilot = pilot_on(oscillator)
    reads = [0]
    read_uv = pilot._read_uv

    def interrupted():
        reads[0] += 1
        oscillator.now_us += 700 if reads[0] in (3, 70, 150) else 0
        return read_uv()

    pilot._read_uv = interrupted
    pilot.pace()
    assert pilot.read_ns == 60_000


def test_the_duty_is_of_bursts_that_took_their_time_but_not_of_old_ones_for_ever():
    oscillator = Oscillator()
    pilot = pilot_on(oscillator)
    pilot.drive(2_667)
    pilot.sample()
    read_bp = pilot.read_duty_bp
    oscillator.duty = 65_536 // 2
    oscillator.read_us = 60
    for _ in range(LATE_MOST):
        pilot.sample()
        assert pilot.read_duty_bp == read_bp
    pilot.sample()
    assert abs(pilot.read_duty_bp - 5_000) <= 1_000
    pilot.drive(5_333)
    pilot.sample()
    assert abs(pilot.read_duty_bp - 5_000) <= 1_000


def test_the_timer_may_wrap_in_a_burst():
    oscillator = Oscillator()
    pilot = pilot_on(oscillator)
    pilot.drive(2_667)
    oscillator.now_us = (1 << 30) - 500
    pilot.sample()
    assert pilot.late == 0
