"""Ticks that come late: what passed unseen proves nothing for closing and delays no opening."""

import pytest
from pole import Pole

from state import events
from state.core import FALSE_A_MS
from state.pilot import GAP_MS, SEEN_MS
from state.residual_test import WAITING

TICK_MS = 9
LATE_MS = [45, 600, 1_900]  # an erase of flash, TLS arithmetic, just before the watchdog


def asking():
    """Return a pole whose car has just asked for current."""
    pole = Pole(tick_ms=TICK_MS).run(4_000).car("B").run(3_000).car("C")
    pole.until(lambda p: p.core.pilot.letter == 2)
    return pole


@pytest.mark.parametrize("late_ms", LATE_MS)
def test_a_stall_is_no_stable_c(late_ms):
    pole = asking().stall(late_ms)
    assert pole.until(lambda p: p.closed) >= 500 - SEEN_MS


@pytest.mark.parametrize("gap_ms, kept", [(GAP_MS, True), (GAP_MS + 1, False)])
def test_a_gap_ends_the_proof_and_a_short_pause_only_does_not_count(gap_ms, kept):
    pole = asking().run(450)
    before_ms = pole.core.pilot.stable_ms
    pole.stall(gap_ms - TICK_MS)
    assert pole.core.pilot.stable_ms == (before_ms + SEEN_MS if kept else 0)


def test_nothing_but_late_ticks_never_closes():
    pole = asking()
    for _ in range(60):
        pole.stall(600)
    assert not pole.closed and not pole.faults
    pole.until(lambda p: p.closed, 3_000)


@pytest.mark.parametrize("late_ms", LATE_MS)
@pytest.mark.parametrize("letter", "ABDEF")
def test_an_opening_waits_no_longer_than_the_stall(late_ms, letter):
    pole = Pole(tick_ms=TICK_MS).charging().run(2_000)
    pole.car(letter).stall(late_ms).tick()
    assert not pole.closed


@pytest.mark.parametrize("field, bad", [("residual_dc", 1), ("residual_ac", 1), ("earth_ok", 0)])
def test_a_trip_that_began_in_a_stall_needs_one_more_look(field, bad):
    pole = Pole(tick_ms=TICK_MS).charging().run(2_000)
    pole.follows = field != "residual_dc"
    setattr(pole.inputs, field, bad)
    pole.stall(60).tick()
    assert not pole.closed


def test_the_six_seconds_of_a_stop_run_on_in_a_stall():
    pole = Pole(tick_ms=TICK_MS).charging().run(2_000)
    pole.inputs.enabled = 0
    pole.run(5_000).stall(1_000).tick()
    assert not pole.closed


def test_a_remote_limit_ends_in_a_stall():
    pole = Pole(tick_ms=TICK_MS).charging().run(2_000)
    inputs = pole.inputs
    inputs.remote_da, inputs.remote_lifetime_ms, inputs.remote_serial = 160, 1_500, 1
    pole.run(100).stall(1_500)
    assert pole.core.offer.current_da == pole.settings.safe_da


def test_a_glitch_is_not_held_longer_by_a_stall():
    pole = Pole(tick_ms=TICK_MS).charging().run(6_000)
    pole.inputs.peak_ma = 22_000
    pole.inputs.limit_da[0] = 100
    pole.run(490).car("B").run(27)
    assert pole.closed
    pole.stall(600)
    assert not pole.closed


def test_a_latched_fault_is_not_forgotten_in_a_stall():
    pole = Pole(tick_ms=TICK_MS).charging().run(2_000)
    pole.inputs.residual_ac = 1
    pole.run(200)
    pole.inputs.residual_ac = 0
    pole.car("A").run(30).stall(600)
    assert pole.faults == ["residual_ac"]
    assert pole.core.departed_ms <= 30 + SEEN_MS


def test_a_session_does_not_end_in_a_stall():
    pole = Pole(tick_ms=TICK_MS).charging()
    pole.car("A").run(30).stall(FALSE_A_MS).car("C").run(100)
    assert [event for event in pole.log if event[1] == events.SESSION_ENDED] == []


def test_a_fault_that_ends_by_itself_waits_where_it_is_looked_at():
    pole = Pole(tick_ms=TICK_MS).charging().run(2_000)
    pole.inputs.earth_ok = 0
    pole.run(100)
    pole.inputs.earth_ok = 1
    for _ in range(200):
        pole.stall(600)
    assert pole.faults == ["earth_lost"]


def under_test():
    """Return a pole whose monitor is being injected and has not answered yet."""
    pole = Pole(tick_ms=TICK_MS).run(4_000)
    pole.follows = False
    pole.inputs.lock_shut = 1
    pole.car("B")
    pole.until(lambda p: p.outputs.residual_test)
    return pole


def test_a_monitor_is_not_failed_by_a_stall():
    pole = under_test().stall(1_900)
    assert pole.outputs.residual_test == 1 and not pole.faults


@pytest.mark.parametrize("in_release", [False, True])
def test_an_answer_that_came_in_a_gap_is_asked_for_again(in_release):
    pole = under_test()
    if not in_release:
        pole.stall(1_500)
    pole.inputs.residual_dc = 1
    pole.tick()
    if in_release:
        pole.stall(1_500)
    pole.inputs.residual_dc = 0
    pole.tick()
    test = pole.core.residual_test
    assert (test.phase, test.passed, test.failed) == (WAITING, 0, 0)
    pole.follows = True
    pole.run(100)
    assert test.passed


def test_the_diode_is_proven_by_bursts_and_not_by_time():
    pole = Pole(tick_ms=TICK_MS).run(4_000).car("B")
    pole.until(lambda p: 0 < p.outputs.duty_bp < 10_000)
    pole.stall(1_900).stall(1_900).stall(1_900).stall(1_900)
    assert not pole.core.pilot.diode_proven
    pole.tick()
    assert pole.core.pilot.diode_proven
