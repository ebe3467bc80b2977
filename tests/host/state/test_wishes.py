"""What a person may ask of the core: the plug, a self-test. Never while it is live."""

import pytest
from pole import Pole

from state.core import UNLOCK_MS
from state.settings import Settings

TICK_MS = 9


def parked(**values):
    """Return a box with a car that does not charge; its plug is locked."""
    settings = Settings()
    settings.wake_after_ms = 0  # its -12 V hides the car
    for name, value in values.items():
        setattr(settings, name, value)
    pole = Pole(settings=settings).run(4_000).car("B").run(2_000)
    assert pole.outputs.lock == 1 and pole.core.residual_test.passed
    return pole


def test_a_plug_given_free_is_locked_again_after_its_time():
    pole = parked()
    pole.inputs.unlock_serial += 1
    pole.tick()
    assert pole.outputs.lock == 0
    pole.run(UNLOCK_MS // TICK_MS * TICK_MS)  # the last whole tick before its end
    assert pole.outputs.lock == 0
    pole.tick()
    assert pole.outputs.lock == 1


def test_one_request_frees_the_plug_once():
    pole = parked()
    pole.inputs.unlock_serial += 1
    pole.run(UNLOCK_MS + 100)
    assert pole.outputs.lock == 1
    pole.run(1_000)
    assert pole.outputs.lock == 1


@pytest.mark.parametrize("lock_shut", [0, 1])
def test_nothing_closes_while_the_plug_is_free(lock_shut):
    pole = parked()
    pole.follows = False
    pole.inputs.unlock_serial += 1
    pole.inputs.lock_shut = lock_shut  # a motor that has not moved yet, or one that has
    pole.car("C").run(UNLOCK_MS - 500)
    assert not pole.closed
    pole.follows = True
    pole.run(6_000)
    assert pole.closed and pole.outputs.lock == 1


def test_a_cable_that_is_fixed_to_the_box_charges_on_whatever_is_asked_of_a_lock():
    pole = parked(has_lock=0)
    pole.inputs.unlock_serial += 1
    pole.car("C").run(2_000)
    assert pole.closed


def test_a_plug_is_not_given_free_under_current():
    pole = Pole().charging()
    pole.inputs.unlock_serial += 1
    pole.run(500)
    assert pole.closed and pole.outputs.lock == 1
    pole.car("B").run(1_000)
    assert pole.outputs.lock == 1, "the request of then counted now"


def test_a_plug_is_not_given_free_while_the_feedback_says_closed():
    pole = parked()
    pole.follows = False
    pole.inputs.contactor_closed = 1
    pole.inputs.unlock_serial += 1
    pole.tick()
    pole.inputs.contactor_closed = 0
    pole.run(100)
    assert pole.outputs.lock == 1 and pole.core.unlocking_ms == 0


def test_a_welded_plug_is_not_given_free():
    pole = parked(has_feedback=0)
    pole.inputs.current_ma[0] = 10_000
    pole.run(4_000)
    assert pole.faults == ["welded"]
    pole.inputs.unlock_serial += 1
    pole.run(100)
    assert pole.outputs.lock == 1 and pole.core.unlocking_ms == 0


def test_the_monitor_is_tested_when_somebody_asks():
    pole = Pole().run(4_000)
    assert pole.core.residual_test.ended == 0
    pole.inputs.test_serial += 1
    pole.run(1_000)
    assert pole.core.residual_test.ended == 1 and pole.core.residual_test.last_passed
    pole.run(5_000)
    assert pole.core.residual_test.ended == 1, "one request is one test"


def test_a_monitor_that_does_not_answer_when_asked_is_a_fault():
    pole = parked()
    assert pole.core.residual_test.last_passed == 1
    pole.follows = False
    pole.inputs.test_serial += 1
    pole.run(2_000)
    assert pole.faults == ["residual_test"]
    assert (pole.core.residual_test.ended, pole.core.residual_test.last_passed) == (2, 0)


def test_a_car_that_waits_closes_only_after_the_test_that_was_asked_for():
    pole = parked()
    ended = pole.core.residual_test.ended
    pole.inputs.test_serial += 1
    pole.car("C")
    pole.until(lambda p: p.closed)
    assert pole.core.residual_test.ended == ended + 1


def test_nothing_is_injected_under_current_and_the_request_is_forgotten():
    pole = Pole().charging()
    pole.inputs.test_serial += 1
    for _ in range(300):
        pole.tick()
        assert pole.closed and not pole.outputs.residual_test
    assert pole.core.residual_test.stale == 0


def test_a_box_without_a_test_input_owes_no_test():
    settings = Settings()
    settings.has_residual_test = 0
    pole = Pole(settings=settings).run(4_000)
    pole.inputs.test_serial += 1
    pole.run(2_000)
    assert pole.core.residual_test.stale == 0 and pole.core.residual_test.ended == 0


def test_the_count_of_tests_stays_small():
    pole = Pole().run(4_000)
    pole.core.residual_test.ended = 0xFFFF
    pole.inputs.test_serial += 1
    pole.run(1_000)
    assert pole.core.residual_test.ended == 0
