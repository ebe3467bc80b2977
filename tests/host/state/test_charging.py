"""The sequences of IEC 61851-1 annex A, one by one, with their limits from the timing table."""

import pytest
from pole import Pole

from state.duty import duty_bp


def opens_within_ms(pole):
    return pole.until(lambda p: not p.closed, 100)


@pytest.fixture
def charging():
    return Pole().charging()


def test_a_session_walks_through_the_states():
    pole = Pole().run(4_000)
    seen = [pole.iec]
    for letter, span_ms in (("B", 2_000), ("C", 2_000), ("B", 1_000), ("A", 3_000)):
        pole.car(letter)
        for _ in range(span_ms // pole.tick_ms):
            pole.tick()
            if pole.iec != seen[-1]:
                seen.append(pole.iec)
    assert seen == ["A1", "B1", "B2", "C2", "B2", "A2", "A1"]


def test_seq_4_closes_after_500_ms_and_within_3_s():
    pole = Pole().run(4_000).car("B").run(2_000).car("C")
    assert 500 <= pole.until(lambda p: p.closed) <= 3_000
    assert pole.outputs.duty_bp == duty_bp(160)


def test_a_c_of_490_ms_never_closes():
    pole = Pole().run(4_000).car("B").run(3_000)
    pole.car("C").run(490).car("B").run(50)
    assert not [event for event in pole.log if event[1] == 1]


def test_a_late_tick_that_sees_the_first_burst_of_a_stop_does_not_close():
    pole = Pole().run(4_000).car("B").run(3_000).car("C").run(450)
    pole.tick_ms = 60
    pole.car("B").tick()
    assert not pole.closed


@pytest.mark.parametrize("letter", ["A", "B", "D", "E", "F"])
def test_leaving_c_opens_within_30_ms(charging, letter):
    assert opens_within_ms(charging.car(letter)) <= 30


def test_seq_9_1_and_10_1_a_car_that_answers_the_stop(charging):
    charging.inputs.enabled = 0
    charging.run(2_000)
    assert (charging.iec, charging.closed, charging.outputs.duty_bp) == ("C1", 1, 10_000)
    assert opens_within_ms(charging.car("B")) <= 30
    assert charging.iec == "B1"


def test_seq_10_2_a_car_that_ignores_the_stop_is_opened_after_6_s(charging):
    charging.inputs.enabled = 0
    charging.run(5_950)
    assert charging.closed
    assert 6_000 <= 5_950 + charging.until(lambda p: not p.closed) <= 6_500


def test_x1_holds_3_s_before_the_next_offer(charging):
    charging.inputs.enabled = 0
    charging.run(100)
    charging.inputs.enabled = 1
    charging.car("B")
    steady_ms = charging.until(lambda p: p.outputs.duty_bp < 10_000, 5_000)
    assert 2_900 - 9 <= steady_ms <= 3_100


def test_a_car_in_c_at_power_on_sees_x1_for_3_s_and_then_charges():
    pole = Pole().car("C")
    assert 3_000 <= pole.until(lambda p: p.outputs.duty_bp < 10_000) <= 3_100
    assert pole.until(lambda p: p.closed) <= 3_000
    assert not pole.faults


def test_a_car_without_s2_charges_from_a():
    pole = Pole().run(4_000).car("C")
    assert pole.until(lambda p: p.closed) <= 3_000


def test_a_car_without_s2_can_be_capped():
    pole = Pole()
    pole.settings.simplified_da = 100
    pole.run(4_000).car("C")
    pole.until(lambda p: p.closed)
    assert pole.outputs.duty_bp == duty_bp(100)


def test_d_is_refused_without_ventilation_and_charged_with():
    pole = Pole().run(4_000).car("D").run(5_000)
    assert pole.iec == "D2" and not pole.closed
    pole = Pole()
    pole.settings.ventilated = 1
    pole.run(4_000).car("D")
    assert pole.until(lambda p: p.closed) <= 3_000


def test_the_wake_up_signal_comes_once_after_30_s_and_lasts_4_s():
    pole = Pole().run(4_000).car("B")
    pole.until(lambda p: p.outputs.duty_bp < 10_000)
    assert 30_000 <= pole.until(lambda p: p.outputs.duty_bp == 0) <= 30_050
    assert 4_000 <= pole.until(lambda p: p.outputs.duty_bp == 10_000) <= 4_050
    assert 500 <= pole.until(lambda p: 0 < p.outputs.duty_bp < 10_000) <= 1_000
    with pytest.raises(AssertionError):
        pole.until(lambda p: p.outputs.duty_bp == 0, 120_000)


def test_a_car_that_has_charged_is_not_woken(charging):
    charging.car("B")
    with pytest.raises(AssertionError):
        charging.until(lambda p: p.outputs.duty_bp == 0, 120_000)


def test_a_running_duty_changes_at_most_every_5_s(charging):
    charging.inputs.limit_da[0] = 100
    charging.run(5_000)
    changes = []
    for k in range(4_000):
        before = charging.outputs.duty_bp
        charging.inputs.limit_da[0] = 60 + k % 100
        charging.tick()
        if charging.outputs.duty_bp != before:
            changes.append(charging.now_ms)
    gaps = [later - earlier for earlier, later in zip(changes, changes[1:])]
    assert len(gaps) > 4
    assert min(gaps) >= 5_000 - 9


def test_a_glitch_to_b_after_a_duty_change_is_held_while_current_flows(charging):
    charging.run(6_000)
    charging.inputs.peak_ma = 22_000
    charging.inputs.limit_da[0] = 100
    charging.run(490)
    charging.car("B").run(40)
    assert charging.closed
    charging.car("C").run(200)
    assert charging.closed


@pytest.mark.parametrize("letter", ["A", "D", "E", "F"])
def test_nothing_but_b_is_held_after_a_duty_change(charging, letter):
    charging.run(6_000)
    charging.inputs.peak_ma = 22_000
    charging.inputs.limit_da[0] = 100
    charging.run(100)
    assert opens_within_ms(charging.car(letter)) <= 30


def test_the_hold_ends_with_the_current_and_with_its_time(charging):
    charging.run(6_000)
    charging.inputs.peak_ma = 22_000
    charging.inputs.limit_da[0] = 100
    charging.run(450).car("B").run(27)
    assert charging.closed
    charging.inputs.peak_ma = 0
    assert opens_within_ms(charging) <= 30
    charging.car("C")
    charging.until(lambda p: p.closed)
    charging.run(6_000)
    charging.inputs.peak_ma = 22_000
    charging.inputs.limit_da[0] = 120
    charging.run(500).car("B")
    assert charging.until(lambda p: not p.closed, 200) <= 70


def test_a_false_a_opens_but_keeps_the_session(charging):
    number = charging.core.session.number
    assert opens_within_ms(charging.car("A")) <= 30
    charging.run(1_000).car("B").run(1_000).car("C")
    charging.until(lambda p: p.closed)
    assert charging.core.session.number == number
    charging.car("A").run(3_000)
    assert charging.core.session.number == 0


def test_the_plug_is_locked_before_closing_and_free_after_unplugging(charging):
    assert charging.outputs.lock == 1
    charging.car("A").run(100)
    assert charging.outputs.lock == 0


def test_the_wake_up_signal_does_not_unlock_the_plug():
    pole = Pole().run(4_000).car("B")
    pole.until(lambda p: p.outputs.duty_bp == 0)
    locks = set()
    for _ in range(600):
        pole.tick()
        locks.add(pole.outputs.lock)
    assert locks == {1}


def test_an_unlocked_plug_keeps_the_contactor_open():
    pole = Pole()
    pole.follows = False
    pole.run(4_000).car("B").run(1_000)
    pole.inputs.residual_dc = 1
    pole.run(100)
    pole.inputs.residual_dc = 0
    pole.run(1_000).car("C").run(5_000)
    assert not pole.closed
    pole.inputs.lock_shut = 1
    assert pole.until(lambda p: p.closed) < 4_000
