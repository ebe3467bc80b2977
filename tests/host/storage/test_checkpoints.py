"""When sectors are erased ahead, by the clock: the loop keeps nine tenths of its time."""

import time

import pytest
from exchange import DISABLED_BY_WISH, WELD, Requests, Snapshot
from wall_clock import WallClock

from sessions.book import SessionBook
from sessions.checkpoints import ERASE_MS, LONGEST_MS, Checkpoints
from state.pilot import C
from storage.reading import Reading

SPAN_MS = 60_000


class Slow:
    """A store on a chip that takes stall_ms for an erase and always wants another one."""

    register = None

    def __init__(self, clock, stall_ms):
        self.clock, self.stall_ms, self.erases = clock, stall_ms, 0

    def prepare(self):
        self.erases += 1
        self.clock[0] += self.stall_ms
        return True

    def trouble(self, missed):
        return None


@pytest.fixture
def clock(monkeypatch):
    now = [1_000]
    monkeypatch.setattr(time, "ticks_ms", lambda: now[0], raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda new, old: new - old, raising=False)
    return now


def checkpoints_of(store):
    snapshot = Snapshot()
    book = SessionBook(snapshot, Requests(), WallClock())
    return snapshot, Checkpoints(store, snapshot, book)


def live(clock, checkpoints, span_ms):
    end_ms = clock[0] + span_ms
    while clock[0] < end_ms:
        checkpoints.poll(clock[0])
        clock[0] += 50


@pytest.mark.parametrize("stall_ms", [20, 45, 400])
def test_erases_ahead_leave_the_loop_nine_tenths_of_its_time(clock, stall_ms):
    store = Slow(clock, stall_ms)
    live(clock, checkpoints_of(store)[1], SPAN_MS)
    assert store.erases * stall_ms <= SPAN_MS * 0.1 + stall_ms
    assert store.erases <= 2 * SPAN_MS // 1_000 + 1
    pause_ms = max(ERASE_MS, 10 * stall_ms) + 50
    assert store.erases >= SPAN_MS // pause_ms  # and yet it gets on


def test_no_erase_while_a_car_wants_current_nor_2_s_after_an_opening(clock):
    store = Slow(clock, 400)
    snapshot, checkpoints = checkpoints_of(store)
    for field in ("contactor_command", "contactor_closed"):
        setattr(snapshot, field, 1)
        live(clock, checkpoints, 10_000)
        setattr(snapshot, field, 0)
        live(clock, checkpoints, 2_000)
        assert store.erases == 0
    snapshot.letter = C
    live(clock, checkpoints, 10_000)
    assert store.erases == 0
    snapshot.letter = 0
    live(clock, checkpoints, 50)
    assert store.erases == 1


def test_nothing_to_erase_is_no_reason_to_wait(clock):
    store = Slow(clock, 0)
    store.prepare = lambda: False
    _, checkpoints = checkpoints_of(store)
    live(clock, checkpoints, 1_000)
    del store.prepare
    live(clock, checkpoints, 50)
    assert store.erases == 1


class Counting(Slow):
    """A store with a register that counts its slots and keeps the last."""

    def __init__(self, clock):
        super().__init__(clock, 0)
        self.register, self.last, self.slots = self, Reading(), 0

    def keep(self, reading):
        self.slots += 1
        return self.last.unpack(reading.pack())

    def pace_s(self):
        return 0


def test_a_weld_is_kept_at_once_and_wishes_once_a_minute(clock):
    store = Counting(clock)
    snapshot, checkpoints = checkpoints_of(store)
    for _ in range(1_200):  # somebody flaps for two minutes
        snapshot.kept ^= DISABLED_BY_WISH
        live(clock, checkpoints, 100)
    assert store.slots in (120_000 // LONGEST_MS, 120_000 // LONGEST_MS + 1)
    for weld in (WELD, 0):
        snapshot.kept = snapshot.kept & ~WELD | weld
        live(clock, checkpoints, 50)
        assert store.last.kept == snapshot.kept
