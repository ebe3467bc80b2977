"""The parts only some boards have: a lock with a motor, a pilot input that is not straight."""

import pytest

from drivers.bent_pilot import BentPilot
from drivers.lock_motor import LockMotor

POINTS = ((200_000, -12_000), (2_000_000, 1_500), (2_400_000, 4_500), (3_000_000, 10_500))


class Pin:
    level = 0

    def __call__(self, level=None):
        if level is None:
            return self.level
        self.level = level


def motor(switch=None, shut_level=1):
    shut, opener = Pin(), Pin()
    return LockMotor(shut, opener, 300, switch, shut_level), shut, opener


def test_a_pulse_shuts_and_ends():
    lock, shut, opener = motor()
    lock.lock(1, 9)
    assert (shut(), opener(), lock.is_shut()) == (1, 0, 0)
    for _ in range(33):
        lock.lock(1, 9)
    assert (shut(), lock.is_shut()) == (1, 0)  # 297 ms
    lock.lock(1, 9)
    assert (shut(), opener(), lock.is_shut()) == (0, 0, 1)


def test_changing_its_mind_never_drives_both_ways():
    lock, shut, opener = motor()
    for on in (1, 0, 1, 1, 0, 0, 1):
        lock.lock(on, 9)
        assert (shut(), opener()) == (on, 1 - on)


def test_at_the_start_it_is_driven_to_where_it_belongs():
    lock, _, opener = motor()
    lock.lock(0, 9)
    assert opener() == 1


@pytest.mark.parametrize("shut_level", [0, 1])
def test_a_switch_is_believed_instead_of_the_pulse(shut_level):
    switch = Pin()
    lock, _, _ = motor(switch, shut_level)
    switch(1 - shut_level)
    for _ in range(50):
        lock.lock(1, 9)
    assert lock.is_shut() == 0
    switch(shut_level)
    assert lock.is_shut() == 1


class Converter:
    uv = 0

    def duty_u16(self, duty):
        self.duty = duty

    def read_uv(self):
        return self.uv


def bent():
    converter = Converter()
    return BentPilot(POINTS, converter, converter, 1_800_000, 7_500, lambda: 0, 16, 600), converter


@pytest.mark.parametrize(
    "uv,mv", [*POINTS, (1_100_000, -5_250), (2_200_000, 3_000), (3_150_000, 12_000), (0, -13_500)]
)
def test_a_bent_input_reads_by_its_points_and_beyond(uv, mv):
    pilot, converter = bent()
    converter.uv = uv
    pilot.sample()
    assert abs(pilot.high_mv - mv) <= 2


def test_calibration_puts_both_rails_where_they_are():
    pilot, converter = bent()
    plus_uv, minus_uv = 3_180_000, 240_000  # +12.3 V, -11.7 V by the points
    pilot.calibrate(plus_uv, minus_uv)
    for uv, mv in ((plus_uv, 12_000), (minus_uv, -12_000)):
        converter.uv = uv
        pilot.sample()
        assert abs(pilot.high_mv - mv) <= 15


def test_a_rail_too_far_off_is_refused():
    pilot, _ = bent()
    with pytest.raises(ValueError):
        pilot.calibrate(3_220_000, 200_000)
