"""The pilot driver against a scripted converter: every phase, every duty, noise and spikes."""

import random

import pytest

from drivers.control_pilot import ControlPilot

READ_US = 35
ZERO_UV, GAIN_PERMILLE = 1_300_000, 11_364
EDGE_US = 4


class Oscillator:
    """PWM and ADC in one: a square wave between two plateaus, read every 35 us."""

    def __init__(self, phase_us=0, bits=16, spike_share=0.0, seed=1):
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
        self.now_us += READ_US
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
    return ControlPilot(oscillator, oscillator, ZERO_UV, GAIN_PERMILLE, oscillator.bits)


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
