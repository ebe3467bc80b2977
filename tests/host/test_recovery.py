"""What survives a reset, and the stages of coming back from crashes."""

import time

import pytest
import slots
from exchange import Snapshot
from recovery import DAY_MS, HEALTHY_MS, NO_CLOUD, Recovery

from storage.reset_memory import ResetMemory


@pytest.fixture(autouse=True)
def ticks(monkeypatch):
    """MicroPython's difference of two ticks, as far as it does not wrap."""
    monkeypatch.setattr(time, "ticks_diff", lambda new, old: new - old, raising=False)


class Rtc:
    """machine.RTC as far as memory() goes."""

    def __init__(self, stored=b""):
        self.stored = stored

    def memory(self, record=None):
        if record is None:
            return self.stored
        self.stored = bytes(record)


def seen():
    """Return a snapshot of a box that has been used."""
    snapshot = Snapshot()
    snapshot.total_wh[:] = [12_345, 1, 2**30]
    snapshot.rest_ws[:] = [678, 3_599, 0]
    snapshot.session_ws[:] = [1, 2, 3]
    snapshot.session_number, snapshot.next_session, snapshot.session_s = 8, 9, 70
    snapshot.contactor_cycles, snapshot.closings = 10, 2
    return snapshot


def memory_of(total_wh=77, why=""):
    rtc = Rtc()
    memory = ResetMemory(rtc)
    memory.reading.total_wh[0], memory.why = total_wh, why
    memory.keep()
    return rtc


def test_what_was_kept_is_found_after_a_reset():
    found = ResetMemory(memory_of(2**30, "Größe 'x'"))
    assert (found.reading.total_wh, found.why) == ([2**30, 0, 0], "Größe 'x'")


def test_every_flipped_bit_and_every_cut_is_no_record():
    good = memory_of().stored
    for k in range(len(good) * 8 - 8):
        bad = bytearray(good)
        bad[k // 8] ^= 1 << k % 8
        assert ResetMemory(Rtc(bytes(bad))).reading.total_ws() == 0
    for size in range(len(good) - 1):  # without the mark behind it it is one as of old
        assert ResetMemory(Rtc(good[:size])).reading.next_session == 1


def test_a_long_reason_is_cut():
    assert ResetMemory(memory_of(why="ä" * 100)).why == "ä" * 40


def crashes(rtc, times):
    for _ in range(times):
        recovery = Recovery(ResetMemory(rtc), "watchdog")
    return recovery


def test_crashes_are_counted_and_the_cloud_left_out_from_the_third_on():
    rtc = Rtc()
    assert crashes(rtc, NO_CLOUD - 1).allows_cloud()
    recovery = crashes(rtc, 1)
    assert recovery.crashes == NO_CLOUD and not recovery.allows_cloud()
    recovery.poll(0, seen(), None)
    recovery.poll(HEALTHY_MS - 1, seen(), None)
    assert not recovery.allows_cloud()
    recovery.poll(HEALTHY_MS + 1_000, seen(), None)
    assert ResetMemory(rtc).crashes == 0
    assert not recovery.allows_cloud()  # or it would be the next loop of crashes


def test_the_register_and_the_reason_come_through_a_crash():
    rtc = Rtc()
    recovery = Recovery(ResetMemory(rtc), "")
    assert recovery.report() is None and recovery.crashes == 0
    recovery.poll(0, seen(), ValueError("pilot"))
    after = ResetMemory(rtc)
    kept = after.reading
    assert (kept.total_wh, kept.rest_ws) == ([12_345, 1, 2**30], [678, 3_599, 0])
    assert (kept.session, kept.next_session, kept.cycles, kept.closings) == (8, 9, 10, 2)
    assert (kept.session_ws, kept.session_s) == ([1, 2, 3], 70)
    again = Recovery(after, "panic")
    told = again.report()
    assert told["why"] == "ValueError('pilot')" and told["crashes"] == 1
    assert told["cause"] == "panic"
    assert again.report() is None
    assert ResetMemory(rtc).why == ""


def test_an_ordinary_reset_is_no_crash():
    rtc = Rtc()
    crashes(rtc, 2)
    assert Recovery(ResetMemory(rtc), "").crashes == 2


def test_the_mark_of_a_run_is_the_last_byte_until_a_restart_is_ordered():
    rtc = Rtc()
    recovery = Recovery(ResetMemory(rtc), "")
    assert rtc.stored[-1:] == slots.RUNNING
    recovery.poll(0, seen(), None)
    assert rtc.stored[-1:] == slots.RUNNING
    recovery.rest()
    assert rtc.stored[-1:] == b"\0"
    older = Rtc(rtc.stored[:-1])
    assert ResetMemory(older).reading.cycles == ResetMemory(rtc).reading.cycles == 10


def start(rtc, crashed="", on_trial=False):
    return Recovery(ResetMemory(rtc), crashed, on_trial)


def allowed(recovery):
    return (
        recovery.allows_home_assistant(),
        recovery.allows_updates(),
        recovery.allows_cloud(),
        not recovery.is_given_up(),
    )


def test_each_start_that_fails_leaves_out_one_part_more_until_nothing_is_left():
    rtc = Rtc()
    seen_stages = []
    for _ in range(5):
        recovery = start(rtc)
        seen_stages.append(sum(allowed(recovery)))
        recovery.fail("MemoryError: ")
    assert seen_stages == [4, 3, 2, 1, 0]
    assert start(rtc).why == "MemoryError: "
    assert start(rtc).left_out() == ["Home Assistant", "updates", "the cloud"]


@pytest.mark.parametrize("crashed", ["", "watchdog", "panic"])
def test_a_start_that_ends_in_any_way_before_the_services_turn_has_failed(crashed):
    rtc = Rtc()
    start(rtc)
    again = start(rtc, crashed)
    assert allowed(again) == (False, True, True, True)
    told = again.report()
    assert (told["cause"], told["left_out"]) == (crashed or "start", ["Home Assistant"])
    assert told["crashes"] == (1 if crashed else 0)


def test_a_start_that_went_well_stays_at_its_stage_until_a_day_is_over():
    rtc = Rtc()
    start(rtc).fail("OSError: can't create thread")
    recovery = start(rtc)
    assert recovery.report()["why"] == "OSError: can't create thread"
    recovery.poll(0, seen(), None)
    again = start(rtc)  # a soft reset
    assert again.stage == 1 and again.report() is None
    again.poll(0, seen(), None)
    again.poll(DAY_MS - 1, seen(), None)
    assert not again.is_due()
    again.poll(DAY_MS + 1_000, seen(), None)
    assert again.is_due()
    again.rest()
    assert start(rtc).stage == 0


def test_a_box_with_all_its_parts_is_never_due():
    recovery = start(Rtc())
    for now_ms in (0, DAY_MS, 2 * DAY_MS):
        recovery.poll(now_ms, seen(), None)
    assert not recovery.is_due()


def test_after_the_last_stage_it_rests_a_day_and_then_tries_all():
    rtc = Rtc()
    for _ in range(4):
        start(rtc, "panic").fail("MemoryError: ")
    given_up = start(rtc, "panic")
    assert given_up.is_given_up() and given_up.rest_a_day() == 86_400
    given_up.fail("RuntimeError: 4 starts failed")
    again = start(rtc)
    assert allowed(again) == (True,) * 4 and again.crashes == 0 and again.why == "MemoryError: "


def test_an_update_that_does_not_start_takes_nothing_from_the_old_application():
    rtc = Rtc()
    start(rtc, on_trial=True).fail("ImportError: no module named 'stat'")
    old = start(rtc)
    assert old.stage == 0 and old.report() is None and old.why == ""
