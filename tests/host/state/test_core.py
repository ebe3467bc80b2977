"""What the core tells and keeps besides the sequences: events, light, lock, sessions, tests."""

import pytest
from pole import Pole

from state import core as cores
from state import events
from state.offer import INSTALLER, RATING, SLOTS
from state.session import RESTARTED, UNPLUGGED
from state.settings import Settings


def told(pole, code):
    return [event for event in pole.log if event[1] == code]


def test_the_monitor_is_tested_anew_for_every_car():
    pole = Pole().charging()
    pole.car("A").run(3_000)
    assert not pole.core.residual_test.passed
    tests = []
    pole.car("B")
    for _ in range(200):
        pole.tick()
        tests.append(pole.outputs.residual_test)
    assert 1 in tests and pole.core.residual_test.passed


def test_a_monitor_under_test_is_let_finish_when_the_car_leaves():
    pole = Pole().run(4_000).car("B")
    pole.follows = False
    pole.inputs.lock_shut = 1
    pole.run(50)
    assert pole.outputs.residual_test == 1
    pole.inputs.residual_dc = 1
    pole.tick()
    pole.car("A").run(100)
    assert not pole.faults
    pole.inputs.residual_dc = 0
    pole.run(100)
    assert not pole.faults and not pole.core.residual_test.running


def test_a_reset_tries_a_failed_monitor_again():
    pole = Pole().run(4_000)
    pole.follows = False
    pole.inputs.lock_shut = 1
    pole.car("B").run(1_500)
    assert pole.faults == ["residual_test"]
    pole.follows = True
    pole.inputs.reset_serial += 1
    pole.run(1_000)
    assert not pole.faults and pole.core.residual_test.passed


def test_a_reset_does_not_repeat_a_passed_test():
    pole = Pole().charging()
    pole.inputs.reset_serial += 1
    pole.run(50)
    assert pole.closed and pole.core.residual_test.passed


def test_an_offer_is_told_when_it_or_its_reason_changes_and_not_otherwise():
    pole = Pole().run(1_000)
    assert [event[2:4] for event in told(pole, events.OFFER)] == [(160, RATING)]
    pole.inputs.limit_da[INSTALLER] = 160
    pole.run(500)
    pole.inputs.limit_da[RATING] = 320
    pole.run(500)
    pole.inputs.limit_da[INSTALLER] = 100
    pole.run(500)
    pairs = [event[2:4] for event in told(pole, events.OFFER)]
    assert pairs == [(160, RATING), (160, INSTALLER), (100, INSTALLER)]


def test_the_light_tells_what_the_box_does():
    pole = Pole().run(4_000)
    seen = [pole.outputs.light]
    pole.car("B").run(2_000)
    seen.append(pole.outputs.light)
    pole.car("C").run(3_000)
    seen.append(pole.outputs.light)
    pole.inputs.earth_ok = 0
    pole.run(500)
    seen.append(pole.outputs.light)
    assert seen == [cores.IDLE, cores.CONNECTED, cores.CHARGING, cores.FAULTY]


def test_a_session_counts_time_energy_and_closings():
    pole = Pole().charging()
    pole.inputs.phase_mws[:] = [4_000_000, 3_000_000, 2_000_000]
    pole.run(900)
    pole.inputs.phase_mws[:] = [0, 0, 0]
    assert pole.core.session.phase_ws == [400_000, 300_000, 200_000]
    pole.car("B").run(3_000).car("C").run(3_000)
    pole.car("A").run(3_000)
    ended = told(pole, events.SESSION_ENDED)
    assert len(ended) == 1
    number, energy_wh, seconds, cause, closings = ended[0][2:7]
    assert (number, energy_wh, cause, closings) == (1, 100 * 9_000 // 3_600, 0, 2)
    started_ms = told(pole, events.SESSION_STARTED)[0][0]
    assert seconds == pytest.approx((ended[0][0] - started_ms) / 1_000, abs=1)


def test_energy_outside_a_session_is_not_counted():
    pole = Pole().run(1_000)
    pole.inputs.phase_mws[0] = 9_000_000
    pole.run(1_000)
    assert pole.core.session.total_wh == [0, 0, 0]


def test_the_register_goes_on_over_sessions_and_keeps_its_rest():
    pole = Pole()
    for _ in range(2):
        pole.charging()
        pole.inputs.phase_mws[1] = 3_700_500
        pole.run(9 * 1_000)
        pole.inputs.phase_mws[1] = 0
        pole.car("A").run(4_000)
    session = pole.core.session
    assert session.total_wh[1] * 3_600 + session.rest_ws[1] == 2 * 3_700_500
    assert (session.total_wh[0], session.rest_ws[0]) == (0, 0)


def cut_session():
    """Return a pole whose box was restarted in the middle of session 7."""
    settings = Settings()
    settings.first_session, settings.open_session = 8, 7
    settings.session_ws, settings.session_s, settings.closings = [5, 6, 7], 60, 1
    return Pole(settings=settings)


def test_a_session_that_a_restart_cut_goes_on_when_the_car_is_still_there():
    pole = cut_session().car("B").run(4_000).car("C")
    pole.until(lambda pole: pole.closed)
    pole.car("A").run(4_000)
    assert told(pole, events.SESSION_STARTED) == []
    number, _, seconds, cause, closings = told(pole, events.SESSION_ENDED)[0][2:7]
    assert (number, cause, closings) == (7, UNPLUGGED, 2)
    assert seconds >= 64
    assert pole.core.session.phase_ws == [5, 6, 7]


def test_a_session_that_a_restart_cut_ends_when_the_car_has_left():
    pole = cut_session().run(4_000)
    assert told(pole, events.SESSION_ENDED)[0][2:7] == (7, 0, 62, RESTARTED, 1)
    pole.charging()
    assert told(pole, events.SESSION_STARTED)[0][2] == 8


def test_sessions_are_numbered_in_order():
    pole = Pole()
    for _ in range(3):
        pole.charging().car("A").run(4_000)
    assert [event[2] for event in told(pole, events.SESSION_STARTED)] == [1, 2, 3]


def test_a_second_car_may_be_woken_too():
    pole = Pole().run(4_000)
    for _ in range(2):
        pole.car("B")
        pole.until(lambda p: p.outputs.duty_bp == 0)
        pole.run(10_000).car("A").run(4_000)
    assert len(told(pole, events.WAKE)) == 2


def test_a_car_that_was_woken_is_not_woken_by_the_next_offer():
    pole = Pole().run(4_000).car("B")
    pole.until(lambda p: p.outputs.duty_bp == 0)
    pole.run(10_000)
    pole.inputs.enabled = 0
    pole.run(1_000)
    pole.inputs.enabled = 1
    pole.run(60_000)
    assert len(told(pole, events.WAKE)) == 1


@pytest.mark.parametrize("signals", [0, 1, 2, 4])
def test_the_wake_up_ladder_has_as_many_rungs_as_it_is_given(signals):
    pole = Pole()
    pole.settings.wake_signals = signals
    pole.run(4_000).car("B").run(300_000)
    assert [event[2] for event in told(pole, events.WAKE)] == list(range(1, signals + 1))
    gaps = [event[0] for event in told(pole, events.WAKE)]
    assert all(later - earlier >= 34_000 for earlier, later in zip(gaps, gaps[1:]))


def test_slots_have_a_name_each():
    assert len(set(SLOTS)) == len(SLOTS)


@pytest.mark.parametrize("level_mv", [4_260, 4_740, 7_260, 7_740])
def test_nothing_closes_at_a_level_between_two_states(level_mv):
    pole = Pole().run(4_000).car("B").run(3_000).car("C").run(400)
    pole.level_mv = level_mv
    pole.run(2_900)
    assert pole.core.pilot.letter == 2 and not pole.closed and not pole.faults
    pole.car("C")
    assert pole.until(lambda p: p.closed) <= 3_000


def test_in_a_ventilated_room_nothing_closes_between_c_and_d():
    settings = Settings()
    settings.ventilated = 1
    pole = Pole(settings=settings).run(4_000).car("B").run(3_000).car("D").run(400)
    pole.level_mv = 4_500
    pole.run(2_900)
    assert not pole.closed
    pole.car("D")
    assert pole.until(lambda p: p.closed) <= 3_000


def test_a_single_odd_burst_delays_a_closing_by_no_more_than_itself():
    pole = Pole().run(4_000).car("B").run(3_000).car("C").run(480)
    pole.level_mv = 7_300
    pole.tick()
    pole.car("C")
    assert pole.until(lambda p: p.closed) <= 60
