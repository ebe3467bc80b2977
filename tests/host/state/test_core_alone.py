"""The core's own book-keeping, one step from facts that were set by hand."""

import pytest
from facts import core_with
from pole import Pole

from state import charging, events, faults
from state.core import Core
from state.offer import CABLE, DISABLED, LOCAL, METER, PACED, RATING, SIMPLIFIED, TEMPERATURE
from state.pilot import LETTERS, A, B, C, D, E, F
from state.records import NO_LIMIT, Inputs, Outputs
from state.residual_test import DONE, INJECTING, WAITING
from state.settings import Settings

LEVELS_MV = (12_000, 9_000, 6_000, 3_000, 0, -12_000)
BIT = {code: 1 << row for row, code in enumerate(faults.CODES)}


def seeing(letter, facts=()):
    """Return a core whose pilot shows the letter and has judged it so."""
    shown = {"pilot.letter": letter, "inputs.pilot_high_mv": LEVELS_MV[letter]}
    shown["inputs.proximity_ohm"] = 220
    core = core_with(shown | dict(facts))
    core.inputs.voltage_mv[:] = [230_000] * 3
    core.inputs.limit_da[RATING] = 320
    return core


def stepped(core, elapsed_ms=9):
    outputs = Outputs()
    core.step(elapsed_ms, outputs)
    return outputs


def told(core):
    core.events.stamp(0)
    found = []
    while event := core.events.next():
        found.append((event.code, event.a, event.b, event.c, event.d, event.e))
    return found


def charging_pole():
    pole = Pole().charging()
    pole.log.clear()
    return pole


def test_a_new_core_knows_nothing():
    core = core_with({})
    told_once = {"rating_da": NO_LIMIT, "open_ms": 60_000, "switched_ms": 60_000}
    counts = ["connected", "departed_ms", "closing", "wake_due", "highest_ma", "crashes"]
    counts += ["booted_ms", "stage_failed", "unlocking_ms", "unlocked_ms", "_woken"]
    counts += ["_reset_serial", "_unlock_serial", "_test_serial"]
    numbers = {name: value for name, value in vars(core).items() if isinstance(value, int)}
    assert numbers == dict.fromkeys(counts, 0) | told_once


def test_a_weld_of_before_the_restart_is_in_force_at_once():
    settings = Settings()
    settings.welded = 1
    guard = Core(settings, Inputs()).protection
    assert guard.faults == BIT["welded"]
    assert (guard.opening, guard.stopping, guard.unavailable, guard.busy) == (1, 1, 0, 1)


@pytest.mark.parametrize("letter, connected", [(A, 0), (B, 1), (C, 1), (D, 1), (E, 0), (F, 0)])
def test_which_letters_are_a_car(letter, connected):
    core = seeing(letter)
    stepped(core)
    assert core.connected == connected, LETTERS[letter]


def test_how_long_the_socket_has_been_empty_counts_what_was_seen():
    core = seeing(A)
    stepped(core, 7)
    assert core.departed_ms == 7
    stepped(core, 21)
    assert core.departed_ms == 7 + 20
    core.departed_ms = 59_999
    stepped(core)
    assert core.departed_ms == 60_000
    core = seeing(B, {"departed_ms": 500})
    stepped(core)
    assert core.departed_ms == 0


@pytest.mark.parametrize("phase", range(3))
def test_the_highest_current_is_that_of_any_phase(phase):
    core = seeing(A)
    core.inputs.current_ma[:] = [5, 5, 5]
    core.inputs.current_ma[phase] = 7
    stepped(core)
    assert core.highest_ma == 7


@pytest.mark.parametrize(
    "letter, facts, phase",
    [
        (B, {}, INJECTING),
        (A, {}, WAITING),
        (A, {"residual_test.stale": 1}, INJECTING),
        (B, {"closing": 1}, WAITING),
        (A, {"residual_test.stale": 1, "closing": 1}, WAITING),
        (B, {"inputs.contactor_closed": 1}, WAITING),
        (B, {"inputs.residual_dc": 1}, WAITING),  # what trips already proves nothing
        (B, {"inputs.residual_ac": 1}, WAITING),
        (A, {"inputs.test_serial": 1}, INJECTING),
        (A, {"inputs.test_serial": 1, "closing": 1}, WAITING),
        (A, {"inputs.test_serial": 1, "inputs.contactor_closed": 1}, WAITING),
    ],
)
def test_when_a_test_of_the_monitor_starts(letter, facts, phase):
    core = seeing(letter, facts)
    outputs = stepped(core)
    assert core.residual_test.phase == phase
    assert outputs.residual_test == (1 if phase == INJECTING else 0)


PASSED = {"residual_test.phase": DONE, "residual_test.passed": 1}


@pytest.mark.parametrize(
    "letter, facts, passed",
    [
        (A, {}, 0),
        (B, {}, 1),
        (B, {"residual_test.stale": 1}, 0),
        (A, {"residual_test.running": 1}, 1),
        (A, {"closing": 1}, 1),
        (A, {"inputs.contactor_closed": 1}, 1),
    ],
)
def test_when_a_passed_test_is_forgotten(letter, facts, passed):
    core = seeing(letter, PASSED | facts)
    stepped(core)
    assert core.residual_test.passed == passed


def test_a_request_for_a_test_counts_once():
    core = seeing(A, {"inputs.test_serial": 1, "inputs.contactor_closed": 1})
    stepped(core)
    core.inputs.contactor_closed = 0
    stepped(core)
    assert core.residual_test.stale == 0


def test_faults_are_told_by_their_rows_when_they_come_and_go():
    rows = [faults.CODES.index(code) for code in ("earth_lost", "restarted", "crash_loop")]
    core = seeing(A, {"crashes": 5, "inputs.earth_ok": 0})
    for _ in range(4):
        stepped(core)
    raised = [
        event[:2] for event in told(core) if event[0] in (events.FAULT, events.FAULT_CLEARED)
    ]
    assert sorted(raised) == [(events.FAULT, row) for row in rows]
    core.inputs.earth_ok, core.inputs.reset_serial = 1, 1
    stepped(core)
    ended = [event[:2] for event in told(core) if event[0] in (events.FAULT, events.FAULT_CLEARED)]
    assert ended == [(events.FAULT_CLEARED, row) for row in rows]
    assert core.protection.faults == 0


def test_a_reset_is_asked_by_a_new_number_and_once():
    core = seeing(B, {"protection.faults": BIT["residual_ac"], "protection.busy": 1})
    stepped(core)
    assert core.protection.faults == BIT["residual_ac"]
    core.inputs.reset_serial = 7
    stepped(core)
    assert core.protection.faults == 0
    core.protection.faults, core.protection.busy = BIT["residual_ac"], 1
    stepped(core)
    assert core.protection.faults == BIT["residual_ac"]


def test_a_person_who_resets_pardons_everything():
    core = seeing(B, {"crashes": 5, "inputs.reset_serial": 1, "session.number": 1})
    core.session.interruptions = core.session.commanded = 9
    core.protection._raised[:] = [3] * len(faults.FAULTS)
    stepped(core)
    assert (core.crashes, core.session.interruptions, core.session.commanded) == (0, 0, 0)
    assert core.protection._raised == [0] * len(faults.FAULTS)


@pytest.mark.parametrize("failed, phase", [(1, WAITING), (0, DONE)])
def test_a_reset_repeats_a_failed_test_of_the_monitor_only(failed, phase):
    facts = {"residual_test.phase": DONE, "residual_test.failed": failed, "closing": 1}
    core = seeing(B, facts | {"inputs.reset_serial": 1})
    stepped(core)
    assert (core.residual_test.phase, core.residual_test.failed) == (phase, 0)


@pytest.mark.parametrize("departed_ms, raised", [(2_499, 2), (2_500, 0)])
def test_a_fault_has_its_tries_again_after_the_longest_false_a(departed_ms, raised):
    core = seeing(A, {"departed_ms": departed_ms - 1})
    core.protection._raised[:] = [2] * len(faults.FAULTS)
    stepped(core, 1)
    assert set(core.protection._raised) == {raised}


@pytest.mark.parametrize(
    "slot, letter, facts, limit_da",
    [
        (CABLE, B, {}, 320),
        (CABLE, A, {"cable.current_da": 200}, 200),
        (CABLE, A, {"session.number": 0}, NO_LIMIT),
        (CABLE, B, {"settings.has_socket": 0}, NO_LIMIT),
        (SIMPLIFIED, C, {"settings.simplified_da": 100, "session.from_request": 1}, 100),
        (SIMPLIFIED, C, {"settings.simplified_da": 100, "session.from_request": 0}, NO_LIMIT),
        (SIMPLIFIED, C, {"settings.simplified_da": 0, "session.from_request": 1}, NO_LIMIT),
        (TEMPERATURE, B, {"inputs.temperature_dc": 650}, 160),
        (TEMPERATURE, B, {"inputs.temperature_dc": -341}, 320),
        (TEMPERATURE, B, {"protection.faults": BIT["thermometer"]}, 60),
        (METER, B, {"inputs.meter_valid": 0, "booted_ms": 3_000}, 60),
        (METER, B, {"inputs.meter_valid": 0, "booted_ms": 2_999}, NO_LIMIT),
        (METER, B, {"inputs.meter_valid": 1, "booted_ms": 3_000}, NO_LIMIT),
    ],
)
def test_the_limits_that_the_core_finds_itself(slot, letter, facts, limit_da):
    core = seeing(letter, {"session.number": 1} | facts)
    stepped(core)
    assert core.inputs.limit_da[slot] == limit_da
    assert core.rating_da == 320


@pytest.mark.parametrize(
    "commanded, from_request, enabled, slot",
    [
        (3, 0, 1, RATING),
        (4, 0, 1, PACED),
        (2, 1, 1, RATING),
        (3, 1, 1, PACED),
        (4, 0, 0, DISABLED),
    ],
)
def test_after_so_many_commands_a_car_is_paced(commanded, from_request, enabled, slot):
    facts = {"session.number": 1, "session.commanded": commanded, "inputs.enabled": enabled}
    core = seeing(B, facts | {"session.from_request": from_request})
    stepped(core)
    assert core.offer.slot == slot
    assert core.offer.current_da == (320 if slot == RATING else 0)


@pytest.mark.parametrize(
    "before_da, before_slot, count",
    [(320, RATING, 0), (320, LOCAL, 1), (160, RATING, 1)],
)
def test_an_offer_is_told_when_it_or_its_reason_changes(before_da, before_slot, count):
    core = seeing(B, {"offer.current_da": before_da, "offer.slot": before_slot})
    stepped(core)
    found = [event[1:3] for event in told(core) if event[0] == events.OFFER]
    assert found == [(320, RATING)] * count


def test_a_state_is_told_with_the_one_before_and_its_row():
    core = seeing(B)
    stepped(core)
    found = [event[1:4] for event in told(core) if event[0] == events.STATE]
    assert found == [(charging.A1, charging.B1, core.charging.rule)]
    assert charging.rows()[core.charging.rule][3] == "1.1"


SETTLED = PASSED | {"charging.held_ms": 500, "duty.since_ms": 3_000, "inputs.lock_shut": 1}


@pytest.mark.parametrize(
    "state, letter, facts, reached, due",
    [
        (charging.A1, B, {}, charging.B1, 0),
        (charging.B1, B, SETTLED, charging.B2, 1),
        (charging.B1, B, SETTLED | {"_woken": 1}, charging.B2, 0),
        (charging.B1, B, SETTLED | {"_woken": 1, "settings.wake_signals": 2}, charging.B2, 1),
        (charging.REST, B, {"charging.held_ms": 750}, charging.B2, 0),
        (charging.C2, B, {}, charging.B2, 0),
        (charging.B2, C, {"wake_due": 1}, charging.C2, 0),
    ],
)
def test_a_wake_up_signal_is_due_after_an_offer_that_was_slept_through(
    state, letter, facts, reached, due
):
    core = seeing(letter, {"charging.state": state, "session.number": 1} | facts)
    stepped(core)
    assert core.charging.state == reached
    assert core.wake_due == due
    assert events.WAKE not in [event[0] for event in told(core)], "it is only due"


@pytest.mark.parametrize("signals, due", [(1, 0), (2, 1)])
def test_a_wake_up_signal_is_counted_and_told(signals, due):
    facts = {"charging.held_ms": 30_000, "wake_due": 1, "settings.wake_signals": signals}
    core = seeing(B, facts | {"charging.state": charging.B2, "session.number": 1})
    stepped(core)
    assert (core.charging.state, core.wake_due) == (charging.WAKE, due)
    assert [event[1] for event in told(core) if event[0] == events.WAKE] == [1]


def disable(pole):
    pole.inputs.enabled = 0


def remote(pole):
    pole.inputs.remote_da, pole.inputs.remote_lifetime_ms = 0, 60_000
    pole.inputs.remote_serial += 1


def local(pole):
    pole.inputs.limit_da[LOCAL] = 0


def fault(pole):
    pole.inputs.earth_ok = 0


def mains(pole):
    pole.inputs.voltage_mv[:] = [300_000] * 3


def car_stops(pole):
    pole.car("B")


@pytest.mark.parametrize(
    "cause, commanded, interruptions, outages",
    [
        (disable, 1, 0, 0),
        (remote, 1, 0, 0),
        (local, 1, 0, 1),
        (mains, 1, 0, 1),
        (fault, 0, 1, 0),
        (car_stops, 0, 0, 0),
    ],
)
def test_who_interrupted_a_charge(cause, commanded, interruptions, outages):
    pole = charging_pole()
    cause(pole)
    pole.run(36)
    pole.until(lambda p: p.core.charging.state != charging.C2_CLOSED, 3_000)
    session = pole.core.session
    assert (session.commanded, session.interruptions) == (commanded, interruptions)
    assert session.outages == outages


def test_a_fault_of_a_charge_that_is_ending_already_is_no_second_interruption():
    pole = charging_pole()
    disable(pole)
    pole.run(36)
    fault(pole)
    pole.run(36)
    assert pole.core.charging.state == charging.F
    assert (pole.core.session.commanded, pole.core.session.interruptions) == (1, 0)


def test_a_box_that_is_broken_without_a_charge_has_interrupted_none():
    core = seeing(B, {"charging.state": charging.B1, "crashes": 5, "session.number": 1})
    stepped(core)
    assert (core.charging.state, core.session.interruptions) == (charging.F, 0)


@pytest.mark.parametrize(
    "letter, booted_ms, from_request",
    [(C, 3_000, 1), (D, 3_000, 1), (B, 3_000, 0), (C, 2_999, 0)],
)
def test_a_car_that_comes_without_b_has_no_s2_unless_it_was_there_before(
    letter, booted_ms, from_request
):
    core = seeing(letter, {"booted_ms": booted_ms - 9, "_woken": 1})
    stepped(core, 9)
    assert (core.session.number, core.session.from_request, core._woken) == (1, from_request, 0)
    assert [event[1] for event in told(core) if event[0] == events.SESSION_STARTED] == [1]


@pytest.mark.parametrize("letter", [A, E, F])
def test_no_session_starts_without_a_car(letter):
    core = seeing(letter)
    stepped(core)
    assert core.session.number == 0 and core.session._ms == 0


def test_the_time_since_the_start_stops_at_a_minute():
    core = seeing(A, {"booted_ms": 59_995})
    stepped(core, 4)
    assert core.booted_ms == 59_999
    stepped(core, 4)
    assert core.booted_ms == 60_000


def test_a_session_ends_with_its_books():
    core = seeing(A, {"session.number": 7, "session.seconds": 61, "session.closings": 3})
    core.session.phase_ws[:] = [7_199, 3_600, 0]
    core.departed_ms = 2_480
    stepped(core, 19)
    assert core.session.number == 7
    stepped(core, 1)
    assert core.session.number == 0
    ended = [event[1:] for event in told(core) if event[0] == events.SESSION_ENDED]
    assert ended == [(7, 2, 61, 0, 3)]


def test_a_session_cut_by_a_restart_is_whole_again_when_its_car_is_seen():
    for letter, cut in ((B, 0), (A, 1)):
        core = seeing(letter, {"session.number": 7, "session.cut": 1})
        stepped(core)
        assert core.session.cut == cut


def test_energy_is_counted_in_a_session_only():
    for number, ws in ((1, 5), (0, 0)):
        core = seeing(A, {"session.number": number})
        core.inputs.phase_mws[:] = [5_000, 0, 0]
        stepped(core)
        assert core.session.phase_ws[0] == ws


def test_how_long_the_contactor_has_been_open_and_unchanged():
    core = seeing(A, {"open_ms": 100, "switched_ms": 200})
    stepped(core, 9)
    assert (core.open_ms, core.switched_ms) == (109, 209)
    core.open_ms, core.switched_ms = 59_995, 59_998
    stepped(core, 4)
    assert (core.open_ms, core.switched_ms) == (59_999, 60_000)
    stepped(core, 4)
    assert (core.open_ms, core.switched_ms) == (60_000, 60_000)


@pytest.mark.parametrize("closing, seen", [(0, 5), (1, 7)])
def test_a_phase_is_forgotten_with_the_contactor_open_only(closing, seen):
    core = seeing(A, {"closing": closing, "mains.seen": 7, "mains._lost_ms": 599_995})
    core.inputs.voltage_mv[1] = 0
    stepped(core)
    assert core.mains.seen == seen


def test_how_long_the_lock_has_been_seen_open():
    core = seeing(B, {"unlocked_ms": 100, "inputs.lock_shut": 0})
    stepped(core, 9)
    assert core.unlocked_ms == 109
    core.unlocked_ms = 59_995
    stepped(core, 4)
    assert core.unlocked_ms == 59_999
    stepped(core, 4)
    assert core.unlocked_ms == 60_000
    core.inputs.lock_shut = 1
    stepped(core)
    assert core.unlocked_ms == 0
    fixed = seeing(B, {"settings.has_lock": 0})
    stepped(fixed)
    assert fixed.unlocked_ms == 0


def test_opening_is_counted_from_the_command():
    pole = charging_pole()
    assert pole.core.open_ms == 0 and pole.core.switched_ms == 504
    assert pole.core.session.closings == 1
    pole.car("B")
    pole.until(lambda p: not p.closed)
    assert (pole.core.open_ms, pole.core.switched_ms, pole.core.closing) == (0, 0, 0)
    pole.tick()
    assert (pole.core.open_ms, pole.core.switched_ms) == (9, 9)
    assert pole.core.session.closings == 1


def contactor_events(pole):
    return [event[2:] for event in pole.log if event[1] == events.CONTACTOR]


def test_an_opening_is_told_with_its_row_its_plateaus_and_its_cause():
    pole = charging_pole()
    pole.car("B").run(36)
    (edge,) = contactor_events(pole)
    assert edge == (0, pole.core.charging.rule, 9_000, -12_000, 9)
    pole = charging_pole()
    fault(pole)
    pole.run(36)
    (edge,) = contactor_events(pole)
    assert edge[0] == 0 and edge[4] == pole.core.protection.built_ms == 18


def test_a_closing_and_the_end_of_the_6_s_have_no_first_burst():
    pole = Pole().charging()
    assert contactor_events(pole)[0][4] == 0
    pole.log.clear()
    disable(pole)
    pole.until(lambda p: not p.closed)
    assert contactor_events(pole)[0][4] == 0


def test_an_exception_takes_the_safe_position_and_is_told_once():
    pole = charging_pole()
    core = pole.core
    core.fail(pole.outputs)
    assert (pole.outputs.close_contactor, pole.outputs.duty_bp) == (0, 0)
    assert (core.stage_failed, core.closing) == (1, 0)
    assert core.protection.faults == BIT["stage_failed"]
    row = faults.CODES.index("stage_failed")
    edge = (events.CONTACTOR, 0, charging.EXCEPTION, 6_000, -12_000, 0)
    assert told(core) == [edge, (events.FAULT, row, 0, 0, 0, 0)]
    core.fail(pole.outputs)
    assert told(core) == []


UNLOCK = {"inputs.unlock_serial": 1}


@pytest.mark.parametrize(
    "facts, left_ms",
    [
        (UNLOCK, 30_000),
        (UNLOCK | {"closing": 1}, 0),
        (UNLOCK | {"inputs.contactor_closed": 1}, 0),
        (UNLOCK | {"protection.faults": BIT["welded"], "protection.busy": 1}, 0),
        (UNLOCK | {"protection.faults": BIT["residual_ac"], "protection.busy": 1}, 30_000),
        ({"unlocking_ms": 100}, 91),
        ({"unlocking_ms": 5}, 0),
    ],
)
def test_a_plug_is_free_for_30_s_unless_it_may_be_live(facts, left_ms):
    core = seeing(B, facts)
    stepped(core)
    assert core.unlocking_ms == left_ms
    core.inputs.contactor_closed = core.closing = 0
    stepped(core)
    assert core.unlocking_ms == max(left_ms - 9, 0), "one request counted twice"


IN_F = {"charging.state": charging.F, "protection.unavailable": 1}


@pytest.mark.parametrize(
    "letter, facts, lock",
    [
        (A, {}, 0),
        (B, {}, 1),
        (B, {"unlocking_ms": 100}, 0),
        (A, {"inputs.contactor_closed": 1}, 1),
        (A, {"protection.faults": BIT["welded"], "protection.busy": 1}, 1),
        (F, {"duty.bp": 0}, 1),  # our own -12 V hides the car
        (F, {"duty.bp": 0, "unlocking_ms": 100}, 1),
        (B, IN_F | {"charging.held_ms": 4_990}, 1),
        (B, IN_F | {"charging.held_ms": 4_991}, 0),  # EN IEC 61851-1 D.6.5: after 5 s
    ],
)
def test_when_the_plug_is_locked(letter, facts, lock):
    assert stepped(seeing(letter, facts)).lock == lock


@pytest.mark.parametrize(
    "letter, facts, light",
    [
        (A, {}, 0),
        (B, {}, 1),
        (A, {"session.number": 1}, 1),
        (B, {"protection.stopping": 1}, 3),
    ],
)
def test_the_light_without_a_charge(letter, facts, light):
    assert stepped(seeing(letter, facts)).light == light


def test_the_light_of_a_charge():
    assert charging_pole().outputs.light == 2


@pytest.mark.parametrize(
    "code, feedback, shows_closed, trip",
    [
        ("welded", 1, 1, 1),
        ("welded", 1, 0, 0),  # the mirror contact outweighs a current
        ("welded", 0, 0, 1),
        ("residual_dc", 1, 1, 0),
    ],
)
def test_only_a_weld_asks_for_the_mains_to_be_taken_away(code, feedback, shows_closed, trip):
    core = seeing(A, {"protection.faults": BIT[code], "protection.busy": 1})
    core.settings.has_feedback = feedback
    core.inputs.contactor_closed = shows_closed
    core.inputs.residual_dc = 1
    assert stepped(core).trip_upstream == trip


def test_a_dead_remote_party_leaves_the_set_safe_current():
    core = core_with({})
    assert core.offer.remote._safe_da == core.settings.safe_da == 60
