"""What survives a reset, and the stages of coming back from crashes."""

import time

import pytest
from recovery import HEALTHY_MS, NO_CLOUD, Recovery

from storage.reset_memory import FIELDS, ResetMemory


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


class Seen:
    total_wh, rest_ws, next_session, contactor_cycles = 12_345, 678, 9, 10


def test_what_was_kept_is_found_after_a_reset():
    rtc = Rtc()
    ResetMemory(rtc).keep(total_wh=2**30, rest_ws=3_599, next_session=7, why="Größe 'x'")
    found = ResetMemory(rtc)
    assert [found[name] for name in FIELDS] == [0, 2**30, 3_599, 7, 0]
    assert found.why == "Größe 'x'"


def test_every_flipped_bit_and_every_cut_is_no_record():
    rtc = Rtc()
    ResetMemory(rtc).keep(total_wh=77)
    good = rtc.stored
    for k in range(len(good) * 8):
        bad = bytearray(good)
        bad[k // 8] ^= 1 << k % 8
        assert ResetMemory(Rtc(bytes(bad)))["total_wh"] == 0
    for size in range(len(good)):
        assert ResetMemory(Rtc(good[:size]))["next_session"] == 1


def test_a_long_reason_is_cut_and_an_unknown_field_refused():
    rtc = Rtc()
    memory = ResetMemory(rtc)
    memory.keep(why="ä" * 100)
    assert ResetMemory(rtc).why == "ä" * 40
    with pytest.raises(KeyError):
        memory.keep(nonsense=1)


def crashes(rtc, times):
    for _ in range(times):
        recovery = Recovery(ResetMemory(rtc), True)
    return recovery


def test_crashes_are_counted_and_the_cloud_left_out_from_the_third_on():
    rtc = Rtc()
    assert crashes(rtc, NO_CLOUD - 1).allows_cloud()
    recovery = crashes(rtc, 1)
    assert recovery.crashes == NO_CLOUD and not recovery.allows_cloud()
    recovery.poll(0, Seen, None)
    recovery.poll(HEALTHY_MS - 1, Seen, None)
    assert not recovery.allows_cloud()
    recovery.poll(HEALTHY_MS + 1_000, Seen, None)
    assert recovery.allows_cloud() and ResetMemory(rtc)["crashes"] == 0


def test_the_register_and_the_reason_come_through_a_crash():
    rtc = Rtc()
    recovery = Recovery(ResetMemory(rtc), False)
    assert recovery.report() is None and recovery.crashes == 0
    recovery.poll(0, Seen, ValueError("pilot"))
    after = ResetMemory(rtc)
    assert (after["total_wh"], after["rest_ws"]) == (12_345, 678)
    assert (after["next_session"], after["cycles"]) == (9, 10)
    again = Recovery(after, True)
    told = again.report()
    assert told["why"] == "ValueError('pilot')" and told["crashes"] == 1
    assert again.report() is None
    assert ResetMemory(rtc).why == ""


def test_an_ordinary_reset_is_no_crash():
    rtc = Rtc()
    crashes(rtc, 2)
    assert Recovery(ResetMemory(rtc), False).crashes == 2
