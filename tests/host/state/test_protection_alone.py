"""The book-keeping of faults alone, to the millisecond: checks are set by hand."""

import pytest

from state import protection
from state.faults import ACTION, ENDING, FAULTS, GONE, LASTS, NOTE, OPEN, RESET, SHUT_DOWN, UNPLUG
from state.pilot import SEEN_MS

EVERY = range(len(FAULTS))
FIRST, LAST = 0, len(FAULTS) - 1


class Facts:
    """What the checks ask: the rows that are true, and how long the socket has been empty."""

    def __init__(self):
        self.true = set()
        self.departed_ms = 0


@pytest.fixture
def guard(monkeypatch):
    checks = tuple(lambda facts, row=row: row in facts.true for row in EVERY)
    monkeypatch.setattr(protection, "CHECKS", checks)
    return protection.Protection()


@pytest.fixture
def facts():
    return Facts()


def rows(*, ends=None, actions=None):
    found = [k for k in EVERY if ends is None or FAULTS[k][ENDING][0] == ends]
    return [k for k in found if actions is None or FAULTS[k][ACTION] in actions]


def raise_it(guard, facts, row):
    facts.true.add(row)
    guard.step(facts, 0, max(FAULTS[row][LASTS], 1))
    guard.step(facts, 0, 1)
    assert guard.has(row) == 1


def end_it(guard, facts, row):
    """Let the row be absent for the end of its wait."""
    facts.true.discard(row)
    guard.step(facts, 0, 1)
    guard._gone_ms[row] = FAULTS[row][ENDING][1]
    guard.step(facts, 0, 1)


def test_a_new_guard_knows_nothing(guard):
    counts = ["_gone_ms", "_held_ms", "_raised"]
    flags = ["built_ms", "busy", "faults", "opening", "stopping", "unavailable"]
    assert sorted(vars(guard)) == sorted(counts + flags)
    assert all(getattr(guard, name) == 0 for name in flags)
    assert all(getattr(guard, name) == [0] * len(FAULTS) for name in counts)


@pytest.mark.parametrize("row", EVERY)
def test_a_row_is_raised_when_it_has_lasted_and_not_a_millisecond_sooner(guard, facts, row):
    lasts_ms = FAULTS[row][LASTS]
    facts.true.add(row)
    if lasts_ms:
        guard.step(facts, 0, lasts_ms - 1)
        guard.step(facts, 0, 1)
        assert not guard.has(row) and guard.busy == 1 and guard.faults == 0
    guard.step(facts, 0, 1)
    assert guard.faults == 1 << row and guard.built_ms == lasts_ms
    guard.step(facts, 0, 77)
    assert guard.built_ms == lasts_ms


@pytest.mark.parametrize("row", [k for k in EVERY if FAULTS[k][LASTS]])
def test_a_pause_starts_the_count_anew(guard, facts, row):
    facts.true.add(row)
    guard.step(facts, 0, FAULTS[row][LASTS] - 1)
    facts.true.clear()
    guard.step(facts, 0, 1)
    facts.true.add(row)
    guard.step(facts, 0, 1)
    guard.step(facts, 0, 1)
    assert not guard.has(row)


@pytest.mark.parametrize("row", EVERY)
def test_what_a_row_does(guard, facts, row):
    raise_it(guard, facts, row)
    action = FAULTS[row][ACTION]
    assert guard.busy == 1
    assert guard.stopping == (0 if action == NOTE else 1)
    assert guard.opening == (1 if action in (OPEN, SHUT_DOWN) else 0)
    assert guard.unavailable == (1 if action == SHUT_DOWN else 0)


def test_one_row_does_not_undo_another(guard, facts):
    for row in (rows(actions=[OPEN])[0], rows(actions=[SHUT_DOWN])[0], rows(actions=[NOTE])[-1]):
        raise_it(guard, facts, row)
    assert (guard.opening, guard.stopping, guard.unavailable) == (1, 1, 1)


@pytest.mark.parametrize("row", rows(ends=GONE))
def test_a_passing_row_ends_after_its_wait(guard, facts, row):
    raise_it(guard, facts, row)
    wait_ms = FAULTS[row][ENDING][1]
    facts.true.clear()
    for _ in range(wait_ms // SEEN_MS - 1):
        guard.step(facts, 0, SEEN_MS)
    guard.step(facts, 0, SEEN_MS - 1)
    assert guard.has(row)
    guard.step(facts, 0, 1)
    assert guard.faults == 0
    assert (guard.busy, guard.stopping, guard.opening, guard.unavailable) == (0, 0, 0, 0)


def test_a_row_seen_again_waits_from_the_beginning(guard, facts):
    row = rows(ends=GONE)[0]
    raise_it(guard, facts, row)
    facts.true.clear()
    for _ in range(FAULTS[row][ENDING][1] // SEEN_MS - 1):
        guard.step(facts, 0, SEEN_MS)
    facts.true.add(row)
    guard.step(facts, 0, 9)
    facts.true.clear()
    guard.step(facts, 0, SEEN_MS)
    guard.step(facts, 0, SEEN_MS)
    assert guard.has(row)


@pytest.mark.parametrize("row", rows(ends=UNPLUG))
def test_a_latched_row_ends_with_the_session(guard, facts, row):
    raise_it(guard, facts, row)
    facts.true.clear()
    for _ in range(70):
        guard.step(facts, 0, 1_000)
    facts.departed_ms = 2_499
    guard.step(facts, 0, 9)
    assert guard.has(row)
    facts.departed_ms = 2_500
    guard.step(facts, 0, 9)
    assert guard.faults == 0


@pytest.mark.parametrize("row", rows(ends=RESET))
def test_a_row_for_a_person_ends_by_nothing_else(guard, facts, row):
    raise_it(guard, facts, row)
    facts.true.clear()
    facts.departed_ms = 60_000
    for _ in range(70):
        guard.step(facts, 0, 1_000)
    assert guard.has(row)
    guard.step(facts, 1, 9)
    assert guard.faults == 0
    assert (guard.busy, guard.stopping, guard.opening, guard.unavailable) == (0, 0, 0, 0)


@pytest.mark.parametrize("row", EVERY)
def test_a_reset_ends_what_is_gone_and_nothing_that_is_there(guard, facts, row):
    other = LAST if row == FIRST else FIRST
    raise_it(guard, facts, other)
    raise_it(guard, facts, row)
    guard.step(facts, 1, 9)
    assert guard.has(row) and guard.has(other)
    facts.true.discard(row)
    guard.step(facts, 1, 9)
    assert guard.faults == 1 << other


LIMITED = [k for k in rows(ends=GONE) if FAULTS[k][ENDING][2] < 10]


@pytest.mark.parametrize("row", LIMITED[:2])
def test_tries_are_counted_and_forgiven(guard, facts, row):
    most = FAULTS[row][ENDING][2]
    for _ in range(most):
        raise_it(guard, facts, row)
        end_it(guard, facts, row)
        assert guard.faults == 0
    raise_it(guard, facts, row)
    end_it(guard, facts, row)
    assert guard.has(row)
    facts.departed_ms = 2_500
    guard.step(facts, 0, 9)
    assert guard.faults == 0
    facts.departed_ms = 0
    guard.forgive()
    raise_it(guard, facts, row)
    end_it(guard, facts, row)
    assert guard.faults == 0


def test_a_passing_row_without_a_limit_is_never_latched(guard, facts):
    row = next(k for k in rows(ends=GONE) if FAULTS[k][ENDING][2] > 10)
    for _ in range(5):
        raise_it(guard, facts, row)
        end_it(guard, facts, row)
    assert guard.faults == 0


def test_a_quiet_guard_keeps_no_books(guard, facts):
    guard.step(facts, 0, 9)
    assert guard._gone_ms == [0] * len(FAULTS) and guard.busy == 0


def test_counts_stop_at_a_minute(guard, facts):
    facts.true.add(FIRST)
    for _ in range(3):
        guard.step(facts, 0, 50_000)
    assert guard._held_ms[FIRST] == 60_000
