"""The motor of a plug lock: pulses until the bolt is where it belongs, and not for ever."""

import pytest

from drivers.lock_motor import PAUSE_MS, REST_MS, TRIES, LockMotor

TICK_MS = 9
PULSE_MS = 300


class Bolt:
    """Motor, bolt and switch. sticks: it does not move."""

    def __init__(self, with_switch=True):
        self.shut = 0
        self.sticks = False
        self.pulses = {0: 0, 1: 0}
        self._levels = {0: 0, 1: 0}
        switch = (lambda: self.shut) if with_switch else None
        self.motor = LockMotor(self.pin(1), self.pin(0), PULSE_MS, switch)

    def pin(self, way):
        def write(level):
            if level and not self._levels[way]:
                self.pulses[way] += 1
            self._levels[way] = level
            assert not (self._levels[0] and self._levels[1])
            if level and not self.sticks:
                self.shut = way

        return write

    def run(self, on, span_ms):
        for _ in range(span_ms // TICK_MS):
            self.motor.lock(on, TICK_MS)
        return self


@pytest.mark.parametrize("on", [0, 1])
def test_a_bolt_that_moves_gets_one_pulse(on):
    bolt = Bolt().run(1 - on, 5_000)
    before = bolt.pulses[on]
    bolt.run(on, 120_000)
    assert bolt.shut == on and bolt.pulses[on] - before == 1 and not bolt.motor.stuck


@pytest.mark.parametrize("on", [0, 1])
def test_a_bolt_that_missed_its_pulse_gets_the_next(on):
    bolt = Bolt().run(1 - on, 5_000)
    bolt.sticks = True
    bolt.run(on, 500)
    bolt.sticks = False
    before = bolt.pulses[on]
    bolt.run(on, PULSE_MS + PAUSE_MS)
    assert bolt.shut == on and bolt.pulses[on] - before == 1


def test_a_stuck_bolt_is_told_and_the_motor_is_spared():
    bolt = Bolt().run(0, 5_000)
    bolt.sticks = True
    bolt.run(1, (TRIES - 1) * (PULSE_MS + PAUSE_MS) + 1_000)
    assert not bolt.motor.stuck
    bolt.run(1, 2 * (PULSE_MS + PAUSE_MS))
    assert bolt.motor.stuck and bolt.pulses[1] == 1 + TRIES
    bolt.run(1, 10 * REST_MS)
    assert bolt.pulses[1] <= 1 + TRIES + 10
    bolt.sticks = False
    bolt.run(1, REST_MS + 2 * PULSE_MS)
    assert bolt.shut and not bolt.motor.stuck


def test_a_wish_to_unlock_pulses_at_once():
    bolt = Bolt().run(1, 5_000)
    bolt.sticks = True
    bolt.run(0, 20_000)
    before = bolt.pulses[0]
    bolt.sticks = False
    bolt.motor.again()
    bolt.run(0, 2 * TICK_MS)
    assert bolt.pulses[0] - before == 1 and not bolt.shut and not bolt.motor.stuck


def test_a_bolt_that_is_moved_by_hand_is_shut_again():
    bolt = Bolt().run(1, 5_000)
    bolt.shut = 0
    bolt.run(1, PAUSE_MS + PULSE_MS)
    assert bolt.shut


def test_without_a_switch_a_pulse_is_believed():
    bolt = Bolt(with_switch=False).run(0, 5_000)
    bolt.sticks = True
    bolt.run(1, 60_000)
    assert bolt.pulses[1] == 1 and bolt.motor.is_shut() and not bolt.motor.stuck


def test_without_a_switch_a_wish_to_unlock_under_charge_opens_nothing():
    """The core keeps the plug locked then; the pulse that comes anew shuts what is shut."""
    bolt = Bolt(with_switch=False).run(1, PULSE_MS)
    assert not bolt.motor.is_shut()
    bolt.run(1, PULSE_MS)
    assert bolt.motor.is_shut()
    bolt.motor.again()
    for _ in range(2 * PULSE_MS // TICK_MS):
        assert bolt.run(1, TICK_MS).motor.is_shut()
    assert not bolt.run(0, PULSE_MS).motor.is_shut()
    assert not bolt.run(1, TICK_MS).motor.is_shut()
