"""Every condition of the sequences alone: what must be so, and that nothing less is enough.

The figures are those of the timing table of IEC 61851-1 unless a line says otherwise.
"""

import pytest
from facts import core_with

from state import charging
from state.charging import Charging
from state.pilot import A, B, C, D, E, F

LOCK = {"inputs.lock_shut": 1, "unlocking_ms": 0, "settings.has_lock": 1}
OFFERED = LOCK | {"offer.current_da": 60, "charging.held_ms": 500, "residual_test.passed": 1}
OFFERED |= {"duty.bp": 10_000, "duty.since_ms": 3_000}
READY = LOCK | {"pilot.stable_ms": 500, "pilot.votes": 0, "pilot.proofs": 5}
READY |= {"open_ms": 2_000, "inputs.contactor_closed": 0, "residual_test.passed": 1}
GLITCH = {"pilot.letter": B, "duty.changed_ms": 400, "inputs.peak_ma": 1_501}
GLITCH |= {"pilot.stable_ms": 34, "pilot.votes": 0}
GLITCH["settings.glitch_hold_ms"] = 550  # Tinkerforge evse-v2 2.2.14
SLEEPY = {"settings.wake_after_ms": 30_000, "charging.held_ms": 30_000, "wake_due": 1}
VENTILATED = {"pilot.letter": D, "settings.ventilated": 1}

# condition, facts that fulfil it, (field, value) of which each alone undoes it
CONDITIONS = [
    ("short", {"pilot.letter": E}, [("pilot.letter", D), ("pilot.letter", F)]),
    ("negative", {"pilot.letter": F}, [("pilot.letter", E), ("pilot.letter", A)]),
    ("fault", {"protection.opening": 1}, [("protection.opening", 0)]),
    ("plugged", {"pilot.letter": B}, [("pilot.letter", A), ("pilot.letter", C)]),
    ("unplugged", {"pilot.letter": A}, [("pilot.letter", B), ("pilot.letter", F)]),
    (
        "asks_for_air",
        {"pilot.letter": D, "settings.ventilated": 0},
        [("settings.ventilated", 1), ("pilot.letter", C), ("pilot.letter", E)],
    ),
    ("requests", {"pilot.letter": C}, [("pilot.letter", B), ("pilot.letter", D)]),
    (
        "requests",
        VENTILATED,
        [("settings.ventilated", 0), ("pilot.letter", B), ("pilot.letter", E)],
    ),
    (
        "holding",
        GLITCH,
        [
            ("pilot.letter", A),
            ("pilot.letter", C),
            ("duty.changed_ms", 399),
            ("duty.changed_ms", 550),
            ("pilot.stable_ms", 35),
            ("inputs.peak_ma", 1_500),
        ],
    ),
    (
        "holding",
        GLITCH | {"duty.changed_ms": 549, "pilot.stable_ms": 60, "pilot.votes": 1},
        [("pilot.votes", 0), ("settings.glitch_hold_ms", 549), ("settings.glitch_hold_ms", 0)],
    ),
    ("stopped", GLITCH | {"inputs.peak_ma": 0}, [("pilot.letter", C), ("inputs.peak_ma", 1_501)]),
    (
        "offered",
        OFFERED,
        [
            ("offer.current_da", 0),
            ("charging.held_ms", 499),
            ("duty.bp", 0),
            ("duty.since_ms", 2_999),
            ("residual_test.passed", 0),
            ("inputs.lock_shut", 0),
        ],
    ),
    ("locked", LOCK, [("inputs.lock_shut", 0), ("unlocking_ms", 1)]),
    ("locked", {"settings.has_lock": 0, "inputs.lock_shut": 0}, [("settings.has_lock", 1)]),
    ("lock_lost", {"unlocked_ms": 51}, [("unlocked_ms", 50)]),
    ("withdrawn", {"offer.current_da": 0}, [("offer.current_da", 60)]),
    (
        "ready",
        READY,
        [
            ("pilot.stable_ms", 499),
            ("pilot.votes", 1),
            ("pilot.proofs", 4),
            ("open_ms", 1_999),
            ("inputs.contactor_closed", 1),
            ("residual_test.passed", 0),
            ("inputs.lock_shut", 0),
        ],
    ),
    ("overdue", {"charging.held_ms": 6_000}, [("charging.held_ms", 5_999)]),
    (
        "departed",
        {"charging.held_ms": 1_500, "offer.current_da": 60},
        [("charging.held_ms", 1_499)],
    ),
    ("departed", {"charging.held_ms": 0, "offer.current_da": 0}, [("offer.current_da", 60)]),
    (
        "asleep",
        SLEEPY,
        [("settings.wake_after_ms", 0), ("charging.held_ms", 29_999), ("wake_due", 0)],
    ),
    ("woken", {"charging.held_ms": 4_000}, [("charging.held_ms", 3_999)]),
    ("rested", {"charging.held_ms": 750}, [("charging.held_ms", 749)]),
    (
        "dwelled",
        {"charging.held_ms": 300, "protection.unavailable": 0},
        [("charging.held_ms", 299), ("protection.unavailable", 1)],
    ),
    ("broken", {"protection.unavailable": 1}, [("protection.unavailable", 0)]),
    (
        "recovered",
        {"pilot.letter": D, "pilot.stable_ms": 500},
        [("pilot.letter", E), ("pilot.letter", F), ("pilot.stable_ms", 499)],
    ),
]


@pytest.mark.parametrize(
    "name, facts, spoilers", CONDITIONS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_all_of_it_is_needed(name, facts, spoilers):
    condition = getattr(charging, name)
    assert condition(core_with(facts))
    for field, value in spoilers:
        assert not condition(core_with(facts | {field: value})), field


def test_every_condition_of_the_table_is_here():
    assert {row[1].__name__ for row in charging.rows()} <= {name for name, _, _ in CONDITIONS}


def test_a_new_box_stands_in_a1():
    assert vars(Charging()) == {
        "state": charging.A1,
        "previous": charging.A1,
        "held_ms": 0,
        "rule": 0,
    }


def test_a_step_tells_whether_it_moved():
    core = core_with({"pilot.letter": A})
    machine = core.charging
    assert (machine.step(core, 7), machine.state, machine.held_ms) == (0, charging.A1, 7)
    core.pilot.letter = B
    assert (machine.step(core, 7), machine.state, machine.held_ms) == (1, charging.B1, 0)
    assert charging.rows()[machine.rule] == (charging.A1, charging.plugged, charging.B1, "1.1")
    assert charging.SEQUENCES[machine.rule] == "1.1"
    core.pilot.letter = C
    machine.step(core, 7)
    assert (machine.previous, machine.state) == (charging.B1, charging.C1)


def test_the_time_in_a_state_stops_at_a_minute():
    core = core_with({"charging.held_ms": 59_999})
    core.charging.step(core, 1)
    assert core.charging.held_ms == 60_000
    core.charging.step(core, 1)
    assert core.charging.held_ms == 60_000


@pytest.mark.parametrize(
    "state, letter", [(charging.C2_CLOSED, charging.C2), (charging.C1_CLOSED, charging.C1)]
)
def test_a_refusal_keeps_the_letter_and_opens(state, letter):
    machine = Charging()
    machine.state, machine.held_ms = state, 99
    machine.refuse()
    assert (machine.previous, machine.state, machine.held_ms) == (state, letter, 0)
    assert charging.SEQUENCES[machine.rule] == "interlock"
    assert charging.why(machine.rule) == "not permitted"


def test_only_two_states_close_and_x2_is_pwm():
    closed = {k for k, close in enumerate(charging.CLOSE) if close}
    assert closed == {charging.C2_CLOSED, charging.C1_CLOSED} and set(charging.CLOSE) == {0, 1}
    drives = {
        "1": charging.STEADY,
        "2": charging.PWM,
        "E": charging.STEADY,
        "F": charging.NEGATIVE,
    }
    assert list(charging.DRIVE) == [drives[name[-1]] for name in charging.NAMES]


def test_the_rows_name_the_last_two_rules():
    assert charging.SEQUENCES[charging.EXCEPTION] == "stage failed"
    assert charging.why(charging.EXCEPTION) == "exception in the control loop"
    assert charging.why(0) == "broken"
    assert (charging.INTERLOCK, charging.EXCEPTION) == (
        len(charging.rows()),
        len(charging.rows()) + 1,
    )


@pytest.mark.parametrize("letter, reached", [(B, "B1"), (C, "C1"), (D, "D1"), (E, "E")])
def test_from_an_empty_socket(letter, reached):
    core = core_with({"pilot.letter": letter})
    core.charging.step(core, 9)
    assert charging.NAMES[core.charging.state] == reached
