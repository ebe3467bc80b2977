"""Pilot, duty, monitor test, session and mains alone: each count and edge to the last unit."""

import pytest

from state import duty, mains, pilot, proximity, residual_test, session
from state.derating import Derating, is_implausible
from state.duty import Duty, duty_bp
from state.events import RING, Events
from state.mains import Mains
from state.offer import FAULT, LOCAL, PACED, RATING, SLOTS, Offer
from state.pilot import GAP_MS, LETTERS, SEEN_MS, Pilot
from state.proximity import Cable
from state.records import NO_LIMIT, Inputs, Outputs
from state.residual_test import ResidualTest
from state.session import Session
from state.settings import Settings

A, B, C = 12_000, 9_000, 6_000
GOOD, BAD = pilot.DIODE_MV, pilot.DIODE_MV + 1


def numbers(thing):
    return {name: value for name, value in vars(thing).items() if isinstance(value, int)}


def test_a_new_pilot_has_seen_nothing():
    flags = ["letter", "previous", "flat", "votes", "diode_proven", "diode_lost", "_ran"]
    counts = ["stable_ms", "leaving_ms", "undecided_ms", "proofs", "_losses"]
    assert numbers(Pilot()) == dict.fromkeys(flags + counts, 0)


def seen(levels, low_mv=GOOD, pwm=1, elapsed_ms=9):
    """Return a pilot that has seen so many bursts."""
    found = Pilot()
    for level_mv in levels:
        found.step(level_mv, low_mv, pwm, elapsed_ms)
    return found


def test_the_windows_in_order_and_their_constants():
    assert LETTERS == "ABCDEF"
    assert (pilot.A, pilot.B, pilot.C, pilot.D, pilot.E, pilot.F) == (0, 1, 2, 3, 4, 5)
    assert pilot.EDGES_MV == (10_500, 7_500, 4_500, 1_500, -1_500)
    assert (pilot.HYSTERESIS_MV, pilot.DIODE_MV, pilot.OUTSIDE_MV) == (250, -10_000, 13_250)
    assert (pilot.VOTES, pilot.DIODE_PROOFS, pilot.SETTLED_MS) == (2, 5, 500)
    assert (pilot.SEEN_MS, pilot.GAP_MS, pilot.FLAT_MV) == (20, 100, 1_000)


def test_the_time_of_a_letter_stops_at_a_minute():
    found = seen([B, B])
    for _ in range(3_100):
        found.step(B, GOOD, 1, 99)
    assert found.stable_ms == 60_000


def test_the_time_of_a_letter_counts_what_was_seen():
    found = seen([B, B])
    found.step(B, GOOD, 1, 7)
    assert found.stable_ms == 7
    found.step(B, GOOD, 1, GAP_MS)
    assert found.stable_ms == 7 + SEEN_MS
    found.step(B, GOOD, 1, GAP_MS + 1)
    assert found.stable_ms == 0


@pytest.mark.parametrize("level_mv", [10_251, 10_749, 7_251, 7_749, 4_251, 1_749, -1_749, -1_251])
def test_near_a_midpoint_nothing_is_decided(level_mv):
    assert pilot.is_undecided(level_mv) and seen([level_mv], elapsed_ms=5).undecided_ms == 5


@pytest.mark.parametrize("level_mv", [10_250, 10_750, 7_250, 7_750, -1_750, -1_250, 13_249])
def test_a_quarter_volt_off_it_is(level_mv):
    assert not pilot.is_undecided(level_mv)


@pytest.mark.parametrize("level_mv", [13_250, -13_250, 14_000, -14_000])
def test_beyond_all_windows_nothing_is_decided(level_mv):
    assert pilot.is_undecided(level_mv)


def test_time_between_the_windows_is_paid_back():
    found = seen([7_500] * 3, elapsed_ms=10)
    found.step(B, GOOD, 1, 4)
    assert found.undecided_ms == 26
    for _ in range(5):
        found.step(B, GOOD, 1, 10)
    assert found.undecided_ms == 0
    for _ in range(7):
        found.step(7_500, GOOD, 1, 10_000)
    assert found.undecided_ms == 60_000


@pytest.mark.parametrize("low_mv, pwm, flat", [(C - 999, 1, 1), (C - 1_000, 1, 0), (C, 0, 0)])
def test_an_oscillator_that_does_not_show(low_mv, pwm, flat):
    found = seen([C], low_mv, pwm)
    assert found.flat == flat


def test_a_vote_is_timed_from_the_first_and_forgotten_with_the_next_good_one():
    found = seen([B, B])
    assert found.previous == pilot.A and found.letter == pilot.B
    found.step(C, GOOD, 1, 9)
    assert (found.votes, found.leaving_ms) == (1, 0)
    found.step(C, GOOD, 1, 8)
    assert (found.votes, found.leaving_ms, found.letter) == (0, 8, pilot.C)
    assert (found.previous, found.stable_ms) == (pilot.B, 0)
    found.step(C, GOOD, 1, 8)
    assert found.leaving_ms == 0
    found.step(B, GOOD, 1, 8)
    found.step(C, GOOD, 1, 8)
    assert (found.votes, found.leaving_ms) == (0, 0)


def test_x1_between_two_runs_of_the_oscillator_ends_the_proof():
    found = seen([B] * 9)
    assert (found.diode_proven, found.proofs) == (1, pilot.DIODE_PROOFS)
    found.step(B, B, 0, 9)
    assert found.diode_proven == 1
    found.step(B, GOOD, 1, 9)
    assert (found.diode_proven, found.proofs) == (0, 1)


def test_a_lost_diode_is_forgotten_in_x1_and_with_one_good_burst():
    found = seen([B] * 9)
    for _ in range(4):
        found.step(B, BAD, 1, 9)
    assert (found.diode_proven, found.diode_lost, found.proofs) == (0, 1, 0)
    found.step(B, GOOD, 1, 9)
    assert found.diode_lost == 0
    found.step(B, BAD, 1, 9)
    assert found.diode_lost == 0
    found.step(B, BAD, 1, 9)
    assert found.diode_lost == 1
    found.step(B, B, 0, 9)
    assert found.diode_lost == 0
    found.step(B, BAD, 1, 9)
    assert found.diode_lost == 0


def test_a_lost_diode_leaves_with_its_car():
    found = seen([B] * 4, BAD)
    assert found.diode_lost == 1
    found.step(A, BAD, 1, 9)
    found.step(A, BAD, 1, 9)
    assert (found.letter, found.diode_lost) == (pilot.A, 0)


def test_x1_forgets_no_more_than_the_losses_before_it():
    found = seen([B] * 9)
    found.step(B, B, 0, 9)
    for lost in (0, 1):
        found.step(B, BAD, 1, 9)
        assert found.diode_lost == lost


def test_an_empty_socket_proves_nothing():
    found = seen([A] * 9)
    assert (found.proofs, found.diode_proven) == (0, 0)
    found = seen([A] * 9, BAD)
    assert found.diode_lost == 0
    found.step(B, BAD, 1, 9)
    found.step(B, BAD, 1, 9)
    assert found.letter == pilot.B and found.diode_lost == 0
    found.step(B, BAD, 1, 9)
    assert found.diode_lost == 1


def test_a_new_duty_is_x1():
    found = Duty()
    assert numbers(found) == {
        "bp": 10_000,
        "since_ms": 0,
        "changed_ms": 60_000,
        "signalled_da": 0,
        "allowed_da": 0,
    }
    assert (duty.MINIMUM_DA, duty.MAXIMUM_DA, duty.CHANGE_MS, duty.FOLLOW_MS) == (
        60,
        800,
        5_000,
        7_000,
    )
    assert (duty.STEADY, duty.PWM, duty.NEGATIVE, duty.NEGATIVE_BP) == (0, 1, 2, 0)


def test_a_duty_grows_old_and_stops_at_a_minute():
    found = Duty()
    found.age(50_000)
    assert found.since_ms == 50_000
    found.age(50_000)
    assert (found.since_ms, found.changed_ms) == (60_000, 60_000)


def test_a_start_of_the_oscillator_is_no_change_of_a_running_duty():
    found = Duty()
    found.drive(duty.PWM, 100)
    assert (found.changed_ms, found.allowed_da) == (60_000, 100)  # so no glitch is held then
    assert found.is_pwm() == 1
    found.age(5_000)
    found.drive(duty.PWM, 100)
    assert (found.changed_ms, found.since_ms) == (60_000, 5_000), "the same offer once more"


def test_a_duty_follows_every_5_s_and_remembers_what_was_signalled():
    found = Duty()
    found.drive(duty.PWM, 59)
    assert found.bp == 10_000
    found.drive(duty.PWM, 100)
    assert (found.bp, found.signalled_da, found.allowed_da, found.since_ms) == (1_666, 100, 100, 0)
    found.age(4_999)
    found.drive(duty.PWM, 60)
    assert found.bp == 1_666
    found.age(1)
    found.drive(duty.PWM, 60)
    assert (found.bp, found.signalled_da, found.allowed_da) == (1_000, 60, 100)
    assert (found.since_ms, found.changed_ms) == (0, 0)
    found.age(6_999)
    assert found.allowed_da == 100
    found.age(1)
    assert found.allowed_da == 60
    found.drive(duty.PWM, 60)
    assert found.since_ms == 7_000
    found.drive(duty.PWM, 59)
    assert found.bp == 1_000
    found.drive(duty.STEADY, 60)
    assert (found.bp, found.signalled_da, found.since_ms, found.is_pwm()) == (10_000, 0, 0, 0)
    found.age(60_000)
    assert found.allowed_da == 60
    found.drive(duty.NEGATIVE, 60)
    assert (found.bp, found.is_pwm()) == (0, 0)


@pytest.mark.parametrize(
    "da, bp", [(60, 1_000), (510, 8_500), (511, 8_500), (525, 8_500), (526, 8_504), (800, 9_600)]
)
def test_the_two_laws_of_the_duty(da, bp):
    assert duty_bp(da) == bp and duty_bp(801) == 9_600


def monitor(answer_ms=1_000, clear_ms=1_500):
    chosen = Settings()
    chosen.residual_answer_ms, chosen.residual_clear_ms = answer_ms, clear_ms
    return ResidualTest(chosen)


def facts(test):
    return test.phase, test.passed, test.failed, test.running, test.injects()


WAITS, INJECTS, RELEASES, ENDED = range(4)


def test_a_new_monitor_has_proven_nothing():
    counts = ["phase", "passed", "failed", "running", "stale", "ended", "last_passed"]
    counts += ["_held_ms", "_gap", "_age_ms", "_age_s"]
    assert numbers(monitor()) == dict.fromkeys(counts, 0)


def test_the_monitors_test_step_by_step():
    test = monitor()
    assert facts(test) == (WAITS, 0, 0, 0, 0)
    test.step(0, 0, 9)
    assert facts(test) == (WAITS, 0, 0, 0, 0)
    test.step(1, 1, 9)
    assert facts(test) == (WAITS, 0, 0, 0, 0)
    test.step(1, 0, 9)
    assert facts(test) == (INJECTS, 0, 0, 1, 1)
    test.step(1, 1, 9)
    assert facts(test) == (RELEASES, 0, 0, 1, 0)
    test.step(1, 0, 9)
    assert facts(test) == (ENDED, 1, 0, 0, 0)
    test.step(1, 1, 9)
    assert facts(test) == (ENDED, 1, 0, 0, 0)
    test.forget()
    assert facts(test) == (WAITS, 0, 0, 0, 0)


@pytest.mark.parametrize("phase, bound_ms", [(INJECTS, 1_000), (RELEASES, 1_500)])
def test_the_monitor_has_its_time_and_no_more(phase, bound_ms):
    test = monitor()
    test.step(1, 0, 9)
    if phase == RELEASES:
        test.step(1, 1, 9)
    tripped = 1 if phase == RELEASES else 0
    for _ in range(bound_ms // SEEN_MS):
        test.step(1, tripped, SEEN_MS)
    assert facts(test)[:3] == (phase, 0, 0)
    test.step(1, tripped, 1)
    assert facts(test) == (ENDED, 0, 1, 0, 0)


def test_the_time_of_a_phase_stops_at_a_minute():
    test = monitor()
    test._held_ms = 59_999
    for _ in range(2):
        test.step(0, 0, 9)
    assert test._held_ms == 60_000


@pytest.mark.parametrize("gap_ms, passed", [(GAP_MS, 1), (GAP_MS + 1, 0)])
def test_a_gap_in_the_test_repeats_it(gap_ms, passed):
    test = monitor()
    test.step(1, 0, gap_ms + 1)
    test.step(1, 1, gap_ms)
    test.step(1, 0, 9)
    assert (test.passed, test.failed, test.running) == (passed, 0, 0)
    if not passed:
        assert test.phase == WAITS
        test.step(1, 0, 9)
        test.step(1, 1, 9)
        test.step(1, 0, 9)
        assert test.passed == 1


def test_a_day_makes_a_test_due():
    test = monitor()
    for _ in range(1_439):
        test.step(0, 0, 60_000)
    test.step(0, 0, 59_999)
    assert test.stale == 0
    test.step(0, 0, 1)
    assert test.stale == 1
    test.forget()
    test.step(1, 0, 9)
    test.step(1, 1, 9)
    assert test.stale == 1
    test.step(1, 0, 9)
    assert (test.stale, test.passed) == (0, 1)
    for _ in range(1_439):
        test.step(0, 0, 60_000)
    test.step(0, 0, 59_972)  # a day to the millisecond: 27 of it had passed when the test ended
    assert test.stale == 0
    test.step(0, 0, 1)
    assert test.stale == 1


def test_a_monitor_without_a_test_input_passes_always():
    chosen = Settings()
    chosen.has_residual_test = 0
    test = ResidualTest(chosen)
    assert test.passed == 1
    for _ in range(1_500):
        test.step(1, 0, 60_000)
    assert (test.stale, test.phase, test.passed) == (0, WAITS, 1)
    assert residual_test.DAY_S == 86_400


def test_a_new_session_takes_over_what_was_kept_and_starts_clean():
    chosen = Settings()
    chosen.total_wh, chosen.rest_ws, chosen.first_session = [1, 2, 3], [4, 5, 6], 9
    found = Session(chosen)
    assert (found.number, found.cut, found.following, found.end_cause()) == (0, 0, 9, 0)
    assert (found.interruptions, found.commanded, found.from_request) == (0, 0, 0)
    found.start(1)
    assert (found.number, found.following, found.from_request) == (9, 10, 1)
    found.step([2_500, 999, 0], 999)
    assert (found.seconds, found.phase_ws) == (0, [2, 0, 0])
    found.step([2_500, 1, 0], 1)
    assert (found.seconds, found.phase_ws, found.energy_ws()) == (1, [5, 1, 0], 6)
    found.step([3_590_000, 7_200_000, 0], 2_500)
    assert (found.total_wh, found.rest_ws) == ([1, 4, 3], [3_599, 6, 6])
    assert found.seconds == 2
    found.step([1_000, 0, 0], 1)
    assert (found.total_wh[0], found.rest_ws[0]) == (2, 0)
    found.closings = found.interruptions = found.commanded = found.outages = 3
    assert found.end() == 9 and found.number == 0
    found.start(0)
    assert (found.number, found.seconds, found.phase_ws) == (10, 0, [0, 0, 0])
    assert (found.closings, found.interruptions, found.commanded) == (0, 0, 0)
    assert found.outages == 0
    found.step([999, 0, 0], 999)
    assert found.phase_ws[0] == 0 and found.seconds == 0
    found.start(0)  # what did not make a watt-second is not the next car's
    found.step([1, 0, 0], 1)
    assert found.phase_ws[0] == 0


def test_a_sessions_seconds_do_not_drift():
    found = Session(Settings())
    found.start(0)
    for _ in range(2_000):
        found.step([0, 0, 0], 500)
    assert (found.seconds, found._ms) == (1_000, 0)


def test_a_box_out_of_its_carton_has_no_session():
    found = Session(Settings())
    counts = ["number", "seconds", "closings", "interruptions", "outages", "commanded"]
    counts += ["from_request"]
    assert numbers(found) == dict.fromkeys([*counts, "cut", "_ms"], 0) | {"following": 1}
    assert found.phase_ws == found.total_wh == found.rest_ws == found._mws == [0, 0, 0]


def test_a_cut_session_says_so():
    chosen = Settings()
    chosen.open_session, chosen.session_ws, chosen.session_s = 7, [1, 2, 3], 50
    found = Session(chosen)
    assert (found.number, found.cut, found.seconds, found.phase_ws) == (7, 1, 50, [1, 2, 3])
    assert found.end_cause() == session.RESTARTED == 1


def test_a_commanded_interruption_is_forgotten_every_ten_minutes():
    found = Session(Settings())
    found.start(0)
    found.commanded = 2
    for _ in range(599):
        found.step([0, 0, 0], 1_000)
    assert found.commanded == 2
    found.step([0, 0, 0], 1_000)
    assert found.commanded == 1
    for _ in range(1_200):
        found.step([0, 0, 0], 1_000)
    assert found.commanded == 0


def mains_of(*steps):
    found = Mains()
    for volts in steps:
        found.step([v * 1_000 for v in volts])
    return found.seen, found.lowest_mv // 1_000, found.highest_mv // 1_000, found.lost


def test_a_new_house_shows_nothing():
    assert numbers(Mains()) == dict.fromkeys(
        ["seen", "lowest_mv", "highest_mv", "lost", "weak", "_gone", "_lost_ms"], 0
    )


def test_the_phases_of_the_house():
    assert mains_of() == (0, 0, 0, 0)
    assert mains_of((159, 0, 0)) == (0, 0, 0, 0)
    assert mains_of((160, 0, 0)) == (1, 160, 160, 0)
    assert mains_of((230, 231, 229)) == (7, 229, 231, 0)
    assert mains_of((230, 231, 229), (230, 100, 229)) == (7, 100, 230, 0)
    assert mains_of((230, 231, 229), (230, 99, 229)) == (7, 99, 230, 1)
    assert mains_of((230, 231, 229), (99, 99, 160)) == (7, 99, 160, 1)
    assert mains_of((230, 231, 229), (99, 99, 159)) == (7, 99, 159, 0)
    assert mains_of((230, 0, 230), (230, 0, 50)) == (5, 50, 230, 1)


@pytest.mark.parametrize("mv, lost", [(100_000, 0), (99_999, 1)])
def test_what_leaks_back_through_the_loads_is_no_supply(mv, lost):
    found = Mains()
    found.step([230_000, 230_000, 230_000])
    found.step([230_000, mv, 230_000])
    assert found.lost == lost


@pytest.mark.parametrize("mv, weak", [(59_999, 0), (60_000, 1), (159_999, 1), (160_000, 0)])
@pytest.mark.parametrize("phase", range(3))
def test_a_brown_out_at_the_start_is_seen_on_any_phase(mv, weak, phase):
    found, volts = Mains(), [0, 0, 0]
    volts[phase] = mv
    found.step(volts)
    assert found.weak == weak
    found.step([230_000, 0, 0])
    found.step(volts)
    assert found.weak == 0, "the house has a phase"


@pytest.mark.parametrize("phase", range(3))
def test_a_phase_that_was_gone_for_ten_minutes_is_the_houses_no_longer(phase):
    found, volts = Mains(), [230_000] * 3
    found.step(volts)
    volts[phase] = 99_999
    found.step(volts)
    found.age(599_999)
    assert (found.seen, found.lost) == (7, 1)
    found.age(1)
    assert (found.seen, found._lost_ms) == (7 - (1 << phase), 0)
    found.step(volts)
    assert (found.lost, found.lowest_mv) == (0, 230_000)


def test_a_phase_that_came_back_has_its_ten_minutes_again():
    found = Mains()
    for volts in ([230_000] * 3, [230_000, 0, 230_000]):
        found.step(volts)
        found.age(599_999)
    found.step([230_000] * 3)
    found.age(9)
    assert found._lost_ms == 0
    found.step([230_000, 0, 230_000])
    found.age(599_999)
    assert found.seen == 7


def test_a_dead_phase_is_the_lowest():
    found = Mains()
    found.step([230_000, 230_000, 0])
    found.step([0, 230_000, 0])
    assert (found.lowest_mv, found.highest_mv, found.lost) == (1, 230_000, 1)
    assert (mains.SEEN_MV, mains.GONE_MV) == (160_000, 100_000)


@pytest.mark.parametrize(
    "dc, percent", [(649, 100), (650, 50), (679, 50), (680, 25), (709, 25), (1_240, 25)]
)
def test_derating_steps(dc, percent):
    found = Derating()
    assert found.step(dc, 320, 60) == max(320 * percent // 100, 60)
    assert found.percent == percent
    found.step(620, 320, 60)
    assert found.percent == percent
    assert found.step(619, 320, 60) == 320 and found.percent == 100


def test_derating_never_goes_below_the_least_and_believes_no_wonder():
    assert Derating().step(680, 160, 60) == 60
    assert Derating().step(-341, 320, 60) == 320 and Derating().step(1_241, 320, 60) == 320
    found = Derating()
    found.step(650, 320, 60)
    assert found.step(-341, 320, 60) == found.step(1_241, 320, 60) == 160
    assert Derating().step(-340, 320, 60) == 320
    assert not is_implausible(-340) and not is_implausible(1_240)


def test_a_cable_is_read_anew_in_an_empty_socket_and_only_falls_in_a_used_one():
    cable = Cable()
    assert (cable.current_da, cable.undefined_ms) == (0, 0)
    cable.step(100, 0, 9)
    assert cable.current_da == 630
    cable.step(5_000, 0, 9)
    assert (cable.current_da, cable.undefined_ms) == (0, 0)
    cable.step(5_000, 1, 9)
    cable.step(5_000, 1, 9)
    assert cable.undefined_ms == 18
    cable.step(220, 1, 9)
    assert (cable.current_da, cable.undefined_ms) == (320, 0)
    for _ in range(3):
        cable.step(5_000, 1, 30_000)
    assert (cable.current_da, cable.undefined_ms) == (320, 60_000)
    for _ in range(12):
        cable.step(680, 1, 1_000)  # 20 ms of it are seen
    cable.step(680, 1, 9)
    assert (cable.current_da, cable.undefined_ms) == (320, 0)
    cable.step(680, 1, 1)
    assert (cable.current_da, cable.undefined_ms) == (200, 0)
    cable.step(220, 1, 9)
    assert (cable.current_da, cable.undefined_ms) == (200, 0)


LOWER = (680, proximity.USED, 125)


@pytest.mark.parametrize(
    "between",
    [(220, proximity.USED, 9), (100, proximity.USED, 9), (680, proximity.HIDDEN, 9)],
)
def test_a_lower_rating_is_read_without_a_break(between):
    cable = Cable()
    assert numbers(cable) == {"current_da": 0, "undefined_ms": 0, "_lower_ms": 0}
    cable.step(220, proximity.FREE, 9)
    for _ in range(12):
        cable.step(*LOWER)
    cable.step(*between)
    for _ in range(12):
        cable.step(*LOWER)
    cable.step(680, proximity.USED, 9)
    assert cable.current_da == 320
    cable.step(680, proximity.USED, 1)
    assert (cable.current_da, cable._lower_ms) == (200, 0)


def test_a_cable_that_can_be_read_again_is_defined_again():
    cable = Cable()
    cable.step(220, 0, 9)
    for ohm, connected in ((220, 1), (5_000, 0)):
        cable.step(5_000, 1, 9)
        assert cable.undefined_ms == 9
        cable.step(ohm, connected, 9)
        assert cable.undefined_ms == 0


@pytest.mark.parametrize("da, first, last", [(630, 76, 147), (200, 380, 982), (130, 1_045, 2_583)])
def test_the_edges_of_a_rating_in_force(da, first, last):
    held = [ohm for ohm in range(last + 100) if proximity.still_rated(ohm, da)]
    assert (held[0], held[-1], len(held)) == (first, last, last - first + 1)


@pytest.mark.parametrize(
    "ohm, held", [(155, 0), (156, 1), (323, 1), (324, 0), (220, 1), (100, 0), (680, 0)]
)
def test_a_rating_holds_5_percent_beyond_its_range(ohm, held):
    assert proximity.still_rated(ohm, 320) == bool(held)
    assert not proximity.still_rated(ohm, 321)


def test_events_come_out_in_order_stamped_and_the_lost_are_counted():
    ring = Events()
    assert (ring.written, ring.read, ring.stamped, ring.lost) == (0, 0, 0, 0)
    assert ring.next() is None
    ring.emit(1, 2, 3, 4, 5, 6)
    ring.emit(7)
    assert ring.next() is None
    ring.stamp(99)
    ring.emit(8)
    event = ring.next()
    assert (event.code, event.a, event.b, event.c, event.d, event.e) == (1, 2, 3, 4, 5, 6)
    assert event.at_ms == 99
    event = ring.next()
    assert (event.code, event.a, event.b, event.c, event.d, event.e) == (7, 0, 0, 0, 0, 0)
    assert ring.next() is None
    ring.stamp(100)
    assert ring.next().at_ms == 100
    for k in range(RING + 3):
        ring.emit(k)
    ring.stamp(101)
    assert ring.next().code == 3 and ring.lost == 3
    assert [ring.next().code for _ in range(RING - 1)] == list(range(4, RING + 3))
    assert ring.next() is None and RING == 32


def test_the_last_events_can_be_seen_again_read_or_not():
    ring = Events()
    for k in range(RING + 2):
        ring.emit(k, k + 100)
        ring.stamp(k + 200)
    while ring.next():
        pass
    for back in (1, 2, RING):
        event = ring.last(back)
        k = RING + 2 - back
        assert (event.code, event.a, event.at_ms) == (k, k + 100, k + 200)
    assert ring.last(1) is not ring.last(1)


def test_an_offer_at_its_edges():
    inputs, offer = Inputs(), Offer(70)
    assert (offer.current_da, offer.slot) == (0, RATING)
    offer.step(inputs, 0, 9)
    assert (offer.current_da, SLOTS[offer.slot]) == (800, "rating")
    inputs.limit_da[LOCAL + 1] = 60
    offer.step(inputs, 0, 9)
    assert (offer.current_da, SLOTS[offer.slot]) == (60, "local1")
    inputs.limit_da[LOCAL] = 60
    offer.step(inputs, 0, 9)
    assert SLOTS[offer.slot] == "local0"
    inputs.limit_da[LOCAL] = 59
    offer.step(inputs, 0, 9)
    assert offer.current_da == 0
    inputs.limit_da[LOCAL] = inputs.limit_da[LOCAL + 1] = NO_LIMIT
    offer.refuse(PACED)
    assert (offer.current_da, SLOTS[offer.slot]) == (0, "paced")
    offer.step(inputs, 1, 9)
    assert (offer.current_da, offer.slot) == (0, FAULT) and SLOTS[FAULT] == "fault"


def test_a_remote_limit_that_was_never_announced_is_not_in_force():
    inputs, offer = Inputs(), Offer(70)
    inputs.remote_da, inputs.remote_lifetime_ms = 100, 60_000
    offer.step(inputs, 0, 9)
    assert (offer.current_da, offer.slot) == (800, RATING)


def test_a_remote_limit_is_the_safe_current_when_its_life_ends():
    inputs, offer = Inputs(), Offer(70)
    assert offer.remote.left_ms == 0
    inputs.remote_da, inputs.remote_lifetime_ms, inputs.remote_serial = 80, 10, 1
    offer.step(inputs, 0, 9)
    assert (offer.current_da, offer.remote.left_ms) == (80, 10)
    offer.step(inputs, 0, 9)
    assert (offer.current_da, offer.remote.left_ms) == (80, 1)
    offer.step(inputs, 0, 9)
    assert (offer.current_da, offer.remote.left_ms) == (70, 0)
    inputs.remote_da, inputs.remote_serial = 65, 2
    offer.step(inputs, 0, 9)
    assert offer.current_da == 65
    for _ in range(9):
        offer.step(inputs, 0, 9)
    assert offer.current_da == 70


def test_what_crosses_the_border_starts_safe():
    out, seen_by = Outputs(), Inputs()
    assert numbers(out) == {
        "close_contactor": 0,
        "duty_bp": 10_000,
        "lock": 0,
        "trip_upstream": 0,
        "residual_test": 0,
        "light": 0,
    }
    ones = dict.fromkeys(["earth_ok", "meter_valid", "enabled"], 1)
    plateaus = {"pilot_high_mv": A, "pilot_low_mv": A, "pilot_duty_bp": 10_000}
    plateaus["pilot_spread_uv"] = 1_000
    zeros = ["proximity_ohm", "contactor_closed", "lock_shut", "residual_dc", "residual_ac"]
    zeros += ["frequency_chz", "power_w", "peak_ma", "remote_lifetime_ms", "remote_serial"]
    zeros += ["reset_serial", "unlock_serial", "test_serial"]
    others = {"temperature_dc": 250, "remote_da": NO_LIMIT}
    assert numbers(seen_by) == dict.fromkeys(zeros, 0) | ones | plateaus | others
    assert seen_by.current_ma == seen_by.phase_mws == seen_by.voltage_mv == [0, 0, 0]
    assert set(seen_by.limit_da) == {-1} and len(seen_by.limit_da) == 15
