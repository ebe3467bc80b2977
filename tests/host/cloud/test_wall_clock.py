"""The floor of the wall clock: what lifts it, what a lie can do to it, and that this heals."""

import pytest
from asked import clock_ms
from wall_clock import CRYSTAL, EARLIEST_S, LATEST_S, PACE, SOURCE_DAY_S, WallClock

DAY_S = 86_400
LATER_S = EARLIEST_S + 400 * DAY_S


def run(clock, span_s, step_s=60):
    """Let time pass."""
    for passed_s in range(0, span_s + 1, step_s):
        clock.poll(clock_ms[0] + passed_s * 1_000)
    clock_ms[0] += span_s * 1_000


def confirmed(clock, unix_s):
    """The clock gets a time, and a certificate was valid at it."""
    clock.set(unix_s)
    assert clock.best_s() == unix_s
    clock.confirm()


def test_without_a_source_the_floor_counts_a_little_less_than_what_passed():
    clock = WallClock()
    run(clock, 10 * DAY_S)
    lifted_s = clock.floor_s() - EARLIEST_S
    assert lifted_s == 10 * DAY_S - 10 * DAY_S // CRYSTAL
    assert not clock.unix_s() and clock.best_s() == clock.floor_s()


def test_a_source_alone_lifts_nothing():
    clock, silent = WallClock(), WallClock()
    clock.set(LATER_S)
    run(clock, DAY_S)
    run(silent, DAY_S)
    assert clock.floor_s() == silent.floor_s()


def test_a_confirmed_time_becomes_the_floor_and_outlives_a_restart():
    clock = WallClock()
    confirmed(clock, LATER_S)
    run(clock, 400 * DAY_S // (PACE - 2))
    assert clock.floor_s() == clock.unix_s()
    again = WallClock(clock.marks())
    assert again.floor_s() == clock.floor_s() and not again.unix_s()
    with pytest.raises(ValueError, match="^clock: "):
        again.set(clock.floor_s() - 1)
    again.set(clock.floor_s())


def test_a_confirmed_time_lifts_the_floor_no_faster_than_its_pace():
    clock = WallClock()
    confirmed(clock, LATER_S)
    run(clock, 600)
    assert clock.floor_s() <= EARLIEST_S + 600 * (PACE + 1)


def test_what_was_confirmed_does_not_confirm_what_comes_after():
    clock = WallClock()
    confirmed(clock, EARLIEST_S + DAY_S)
    run(clock, DAY_S)
    clock.set(LATER_S)
    before_s = clock.floor_s()
    run(clock, DAY_S)
    assert clock.floor_s() - before_s <= DAY_S
    clock.confirm()  # nobody has judged by the new time
    run(clock, DAY_S)
    assert clock.floor_s() - before_s <= 2 * DAY_S


def test_a_certificate_judged_by_the_floor_confirms_nothing():
    clock = WallClock()
    clock.best_s()
    clock.set(LATER_S)
    clock.confirm()
    run(clock, DAY_S)
    assert clock.floor_s() <= EARLIEST_S + DAY_S


def test_a_small_correction_stays_confirmed():
    clock = WallClock()
    confirmed(clock, LATER_S)
    clock.set(LATER_S - 5)
    run(clock, 400 * DAY_S // (PACE - 2))
    assert clock.floor_s() == clock.unix_s()


def test_an_hour_of_lies_costs_the_honest_source_thirty_at_most():
    """The liar has the box connect to its own broker with a time within the certificate's."""
    clock = WallClock()
    confirmed(clock, LATER_S)
    run(clock, 3_600)
    truth_s = EARLIEST_S + 3_600
    again = WallClock(clock.marks())
    ahead_s = again.floor_s() - truth_s
    assert 0 < ahead_s <= PACE * 3_600
    with pytest.raises(ValueError):
        again.set(truth_s)
    run(again, ahead_s)
    again.set(truth_s + ahead_s)
    assert again.unix_s() == truth_s + ahead_s


def test_marks_that_cannot_be_are_not_believed():
    for kept in ((0, 0), (LATEST_S, LATEST_S), (-1, EARLIEST_S - 1)):
        assert WallClock(kept).floor_s() == EARLIEST_S
    assert WallClock((LATER_S, 0)).floor_s() == WallClock((0, LATER_S)).floor_s() == LATER_S


def test_a_time_is_synchronised_for_a_day():
    clock = WallClock()
    assert clock.quality() == "unknown"
    clock.set(LATER_S)
    run(clock, SOURCE_DAY_S - 60)
    assert clock.quality() == "synchronised"
    run(clock, 60)
    assert clock.quality() == "informative"
