"""Every time limit of the core to the millisecond, with ticks of one millisecond.

A condition that looks at the contactor sees what the tick before has told it, so that limit is met
one tick later than the number says; SETTLING names that tick.
"""

import pytest
from pole import Pole

from state import charging
from state.faults import ENDING, FAULTS, LASTS, NAME, WAIT
from state.offer import SLOTS

SETTLING = 1
ROW = {row[NAME]: row for row in FAULTS}


@pytest.fixture
def box():
    return Pole(tick_ms=1).charging().run(6_000)


def in_state(state):
    return lambda pole: pole.core.charging.state == state


def test_the_backstop(box):
    box.inputs.enabled = 0
    box.until(in_state(charging.C1_CLOSED))
    assert box.until(lambda p: not p.closed) == 6_000
    assert box.core.charging.rule == index_of(charging.C1_CLOSED, "overdue")


def index_of(state, condition):
    names = [(row[0], row[1].__name__) for row in charging.rows()]
    return names.index((state, condition))


def test_x1_between_two_offers(box):
    box.inputs.enabled = 0
    box.car("B")
    box.until(lambda p: p.outputs.duty_bp == 10_000)
    box.inputs.enabled = 1
    assert box.until(lambda p: p.outputs.duty_bp < 10_000) == 3_000


def test_a_plug_settles_before_the_offer():
    pole = Pole(tick_ms=1).run(5_000).car("B")
    pole.until(in_state(charging.B1))
    assert pole.until(in_state(charging.B2)) == 500


def test_the_wake_up_signal_and_its_rest():
    pole = Pole(tick_ms=1).run(5_000).car("B")
    pole.until(in_state(charging.B2))
    assert pole.until(in_state(charging.WAKE)) == 30_000
    assert pole.until(in_state(charging.REST)) == 4_000
    assert pole.until(in_state(charging.B2)) == 750


def test_no_wake_up_when_the_setting_is_0():
    pole = Pole(tick_ms=1)
    pole.settings.wake_after_ms = 0
    pole.run(5_000).car("B").run(50_000)
    assert pole.core.charging.state == charging.B2


def test_pwm_after_unplugging(box):
    box.car("A")
    box.until(in_state(charging.A2))
    assert box.until(in_state(charging.A1)) == 1_500


def test_pwm_ends_at_once_when_unplugged_without_an_offer(box):
    box.car("A")
    box.until(in_state(charging.A2))
    box.inputs.enabled = 0
    assert box.until(in_state(charging.A1)) == 1


def test_f_after_a_fault(box):
    box.inputs.earth_ok = 0
    box.until(in_state(charging.F))
    assert box.until(in_state(charging.B1)) == 300


def test_an_error_clears_when_the_level_is_stable(box):
    box.car("E")
    box.until(in_state(charging.E))
    box.run(1_000).car("B")
    box.until(lambda p: p.core.pilot.letter == 1)
    assert box.until(in_state(charging.B1)) == 500


def test_an_error_does_not_clear_into_minus_12_v(box):
    box.car("E").run(100)
    box.car("F").run(2_000)
    assert box.core.charging.state == charging.E


def test_stable_c_before_closing():
    pole = Pole(tick_ms=1).run(5_000).car("B").run(5_000).car("C")
    pole.until(in_state(charging.C2))
    assert pole.until(lambda p: p.closed) == 500


def test_the_contactor_rests_between_two_closings(box):
    box.car("B")
    box.until(lambda p: not p.closed)
    box.run(100).car("C")
    assert 100 + box.until(lambda p: p.closed) == 2_000 + SETTLING


def test_a_changing_duty(box):
    box.inputs.limit_da[SLOTS.index("rating")] = 100
    box.until(lambda p: p.outputs.duty_bp == 1_666)
    box.inputs.limit_da[SLOTS.index("rating")] = 120
    assert box.until(lambda p: p.outputs.duty_bp == 2_000) == 5_000


def glitch(box, after_ms):
    """Return the box with a car that shows B from after_ms after a duty change on, drawing."""
    box.inputs.peak_ma = 22_000
    box.inputs.limit_da[SLOTS.index("rating")] = 100
    box.until(lambda p: p.outputs.duty_bp == 1_666)
    return box.run(after_ms).car("B")


def test_the_glitch_hold_ends_with_its_time(box):
    glitch(box, 520)
    assert 520 + box.until(lambda p: not p.closed, 1_000) == 550
    assert charging.rows()[box.core.charging.rule][1].__name__ == "stopped"


@pytest.mark.parametrize("after_ms, took_ms", [(60, 2), (397, 2), (398, 37), (450, 37)])
def test_the_glitch_is_held_only_for_its_length_and_when_it_comes(box, after_ms, took_ms):
    glitch(box, after_ms)
    assert box.until(lambda p: not p.closed, 1_000) == took_ms


@pytest.mark.parametrize("peak_ma, holds", [(1_500, False), (1_501, True)])
def test_the_glitch_hold_needs_current(box, peak_ma, holds):
    glitch(box, 450)
    box.inputs.peak_ma = peak_ma
    box.run(30)
    assert box.closed == holds


def test_without_the_setting_nothing_is_held(box):
    box.settings.glitch_hold_ms = 0
    glitch(box, 450)
    assert box.until(lambda p: not p.closed) == 2


def test_the_false_a_of_a_session(box):
    box.car("A")
    box.until(lambda p: p.core.pilot.letter == 0)
    assert box.until(lambda p: not p.core.session.number) == 2_500 - 1


def test_the_plug_is_freed_after_5_s_of_f(box):
    box.core.fail(box.outputs)
    box.until(in_state(charging.F))
    assert box.until(lambda p: not p.outputs.lock) == 5_000


@pytest.mark.parametrize(
    "code, name, value",
    [
        ("residual_dc", "residual_dc", 1),
        ("residual_ac", "residual_ac", 1),
        ("earth_lost", "earth_ok", 0),
        ("hot", "temperature_dc", 710),
        ("stuck_open", "contactor_closed", 0),
    ],
)
def test_how_long_a_fault_may_last(box, code, name, value):
    box.follows = name not in ("residual_dc", "contactor_closed")
    setattr(box.inputs, name, value)
    assert box.until(lambda p: code in p.faults) == ROW[code][LASTS] + 1


@pytest.mark.parametrize(
    "code, name, bad, good",
    [("earth_lost", "earth_ok", 0, 1), ("hot", "temperature_dc", 710, 619)],
)
def test_how_long_a_fault_waits(box, code, name, bad, good):
    setattr(box.inputs, name, bad)
    box.until(lambda p: code in p.faults)
    setattr(box.inputs, name, good)
    assert box.until(lambda p: code not in p.faults) == ROW[code][ENDING][WAIT]


@pytest.mark.parametrize("temperature_dc, hot", [(709, False), (710, True)])
def test_how_hot_is_hot(box, temperature_dc, hot):
    box.inputs.temperature_dc = temperature_dc
    box.run(2_000)
    assert ("hot" in box.faults) == hot


def test_cool_again_only_below_62(box):
    box.inputs.temperature_dc = 710
    box.run(2_000)
    box.inputs.temperature_dc = 620
    box.run(40_000)
    assert box.faults == ["hot"]


def test_the_monitors_blindness_after_switching():
    pole = Pole(tick_ms=1).run(5_000).car("B").run(2_000).car("C")
    pole.until(lambda p: p.closed)
    pole.follows = False
    pole.inputs.contactor_closed = pole.inputs.lock_shut = pole.inputs.residual_dc = 1
    lasts_ms = ROW["residual_dc"][LASTS]
    assert pole.until(lambda p: not p.closed) == 1_001 + lasts_ms + SETTLING


@pytest.mark.parametrize("tick_ms", [5, 7, 9, 11])
def test_the_length_of_a_tick_changes_no_sequence(tick_ms):
    pole = Pole(tick_ms=tick_ms).run(5_000)
    for letter, span_ms in (("B", 3_000), ("C", 4_000), ("B", 3_000), ("C", 4_000), ("A", 4_000)):
        pole.car(letter).run(span_ms)
    states = [event[3] for event in pole.log if event[1] == 0]
    assert states == [2, 3, 5, 8, 3, 5, 8, 1, 0]
