"""The second judge alone: one piece of evidence at a time, whatever the table of states says."""

import pytest
from pole import Pole

from state import charging, events, faults, pilot
from state.duty import MINIMUM_DA
from state.interlock import permits


@pytest.fixture
def core():
    return Pole().charging().run(6_000).core


def put(*path_and_value):
    *path, value = path_and_value

    def tamper(core):
        part = core
        for name in path[:-1]:
            part = getattr(part, name)
        setattr(part, path[-1], value)

    return tamper


def test_a_charging_box_is_permitted(core):
    assert permits(core) == 1


@pytest.mark.parametrize(
    "tamper",
    [
        put("pilot", "letter", pilot.A),
        put("pilot", "letter", pilot.B),
        put("pilot", "letter", pilot.D),
        put("pilot", "letter", pilot.E),
        put("pilot", "letter", pilot.F),
        put("pilot", "diode_proven", 0),
        put("protection", "opening", 1),
        put("residual_test", "passed", 0),
        put("duty", "signalled_da", MINIMUM_DA - 1),
        put("duty", "bp", 0),
    ],
)
def test_one_thing_wrong_is_enough(core, tamper):
    tamper(core)
    assert permits(core) == 0


def test_six_amperes_are_enough(core):
    core.duty.signalled_da = MINIMUM_DA
    assert permits(core) == 1


def test_d_only_with_ventilation(core):
    core.pilot.letter = pilot.D
    core.settings.ventilated = 1
    assert permits(core) == 1


def test_ventilation_alone_is_no_car(core):
    core.settings.ventilated = 1
    core.pilot.letter = pilot.A
    assert permits(core) == 0


def test_b_only_while_a_glitch_is_held(core):
    core.pilot.letter = pilot.B
    core.duty.changed_ms = 500
    core.pilot.stable_ms = 0
    core.inputs.peak_ma = 20_000
    assert permits(core) == 1
    core.inputs.peak_ma = 0
    assert permits(core) == 0


@pytest.mark.parametrize("since_ms, permitted", [(6_000, 1), (6_001, 0)])
def test_without_pwm_for_the_six_seconds_of_the_stop(core, since_ms, permitted):
    core.duty.bp = 10_000
    core.duty.since_ms = since_ms
    assert permits(core) == permitted


@pytest.mark.parametrize(
    "state, retreat, enabled",
    [
        (charging.C2_CLOSED, charging.C2, 1),
        (charging.C1_CLOSED, charging.C1, 0),
    ],
)
def test_a_refusal_opens_in_the_same_tick_and_is_told(state, retreat, enabled):
    pole = Pole().charging().run(6_000)
    pole.inputs.enabled = enabled
    pole.run(18)
    assert pole.core.charging.state == state
    pole.core.residual_test.passed = 0
    pole.tick()
    assert not pole.closed
    edge = [event for event in pole.log if event[1] == events.CONTACTOR][-1]
    assert edge[2:4] == (0, charging.INTERLOCK)
    assert charging.SEQUENCES[charging.INTERLOCK] == "interlock"
    assert (pole.core.charging.state, pole.core.charging.held_ms) == (retreat, 0)


def test_an_exception_is_told_as_one():
    pole = Pole().charging()
    pole.core.fail(pole.outputs)
    pole.core.events.stamp(pole.now_ms)
    edge = pole.core.events.next()
    assert (edge.code, edge.a, edge.b) == (events.CONTACTOR, 0, charging.EXCEPTION)
    assert charging.SEQUENCES[charging.EXCEPTION] == "stage failed"


def test_an_open_box_that_fails_tells_no_edge():
    pole = Pole().run(100)
    pole.core.fail(pole.outputs)
    pole.core.events.stamp(pole.now_ms)
    told = pole.core.events.next()
    assert (told.code, told.a) == (events.FAULT, faults.STAGE_FAILED)
    assert pole.core.events.next() is None
    pole.core.fail(pole.outputs)
    pole.core.events.stamp(pole.now_ms)
    assert pole.core.events.next() is None


def test_every_row_is_told_under_its_own_number():
    assert len(charging.SEQUENCES) == len(charging.rows()) + 2
    assert charging.why(charging.INTERLOCK) == "not permitted"


@pytest.mark.parametrize("tick_ms, expected_ms", [(9, 9), (1, 1)])
def test_the_cause_is_timed_from_the_first_disagreeing_burst(tick_ms, expected_ms):
    pole = Pole(tick_ms=tick_ms).charging()
    pole.car("B")
    pole.until(lambda p: not p.closed)
    assert [event for event in pole.log if event[1] == events.CONTACTOR][-1][6] == expected_ms


def test_a_single_odd_burst_leaves_no_trace_in_the_cause():
    pole = Pole().charging()
    pole.car("B").tick()
    pole.car("C").run(500)
    assert pole.core.pilot.leaving_ms == 0
    pole.car("B")
    pole.until(lambda p: not p.closed)
    assert [event for event in pole.log if event[1] == events.CONTACTOR][-1][6] == 9


def test_a_faults_edge_is_timed_by_how_long_it_built_up():
    pole = Pole().charging().run(2_000)
    pole.inputs.earth_ok = 0
    pole.until(lambda p: not p.closed)
    assert [event for event in pole.log if event[1] == events.CONTACTOR][-1][6] == 18


def test_a_lost_earth_opens_within_30_ms_without_the_pilots_help():
    pole = Pole().charging().run(2_000)
    pole.inputs.earth_ok = 0
    assert pole.until(lambda p: not p.closed) <= 30
