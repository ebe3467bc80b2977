"""Which slot runs, and what ends a trial before the application itself can."""

import sys
import types

import pytest
import slots
from maker import FACTS, FILES

from box import bundle

OLD = {**FACTS, "version": "0.8.0"}
NEW = {**FACTS, "version": "0.9.0"}


def fill(root, slot, facts):
    for name, content in bundle.slot_files(facts, FILES).items():
        path = root / slot / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def root(tmp_path):
    """A flash with the old application in /a and the new one in /b."""
    fill(tmp_path, "a", OLD)
    fill(tmp_path, "b", NEW)
    return tmp_path


def chosen(root, crashed=""):
    """What the next start makes of it."""
    again = slots.Slots(str(root))
    again.choose(crashed)
    return again


@pytest.fixture
def on_trial(root):
    """The same, with /b to be tried at the next start."""
    chosen(root).begin_trial("b", {"cloud": ""})
    return root


def test_a_fresh_image_runs_its_first_slot(root):
    assert chosen(root).running == "a"


def test_without_slots_nothing_is_chosen(tmp_path):
    assert chosen(tmp_path).running == ""


def test_a_trial_runs_the_new_one_and_keeps_what_it_was_told(on_trial):
    now = chosen(on_trial)
    assert now.running == "b" and now.is_on_trial()
    assert now.before == {"cloud": ""} and now.good == "a"


def test_a_confirmed_one_stays(on_trial):
    chosen(on_trial).confirm()
    for _ in range(5):
        assert chosen(on_trial).running == "b"
    assert not chosen(on_trial).is_on_trial()


def test_three_starts_without_a_verdict_end_the_trial(on_trial):
    assert [chosen(on_trial).running for _ in range(5)] == ["b", "b", "b", "a", "a"]
    assert chosen(on_trial).failed == "0.9.0"
    assert chosen(on_trial).why == "not healthy in 3 boots"


def test_the_watchdog_ends_a_trial_at_once(on_trial):
    assert chosen(on_trial).running == "b"
    assert chosen(on_trial, crashed="panic").running == "a"
    assert chosen(on_trial).why == "stopped by the panic"


def test_what_counts_as_a_crash():
    power_on, hard, watchdog, soft = 1, 2, 3, 5
    for memory in (b"", b"record\0", b"record\1"):
        assert slots.crash(watchdog, memory) == "watchdog"
        assert slots.crash(power_on, memory) == slots.crash(soft, memory) == ""
    assert slots.crash(hard, b"record\1") == "panic"
    assert slots.crash(hard, b"") == slots.crash(hard, b"record\0") == ""


def test_a_watchdog_reset_before_the_first_start_is_not_the_new_ones(on_trial):
    assert chosen(on_trial, crashed="watchdog").running == "b"


def test_given_up_by_itself(on_trial):
    chosen(on_trial).give_up("no broker")
    now = chosen(on_trial)
    assert (now.running, now.failed, now.why) == ("a", "0.9.0", "no broker")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda slot: (slot / "whole").unlink(),
        lambda slot: (slot / "main.py").unlink(),
        lambda slot: (slot / "main.py").write_bytes(b"def run():\n    past\n"),
        lambda slot: (slot / "manifest").write_bytes(b"{}\n"),
        lambda slot: (slot / "whole").write_bytes(b""),
    ],
)
def test_what_is_not_whole_never_runs(on_trial, spoil):
    spoil(on_trial / "b")
    now = chosen(on_trial)
    assert now.running == "a" and now.why == "not whole"
    spoil(on_trial / "a")
    assert chosen(on_trial).running == ""


def test_a_good_one_that_is_no_more_whole_gives_way(on_trial):
    chosen(on_trial).confirm()
    (on_trial / "b" / "whole").unlink()
    assert chosen(on_trial).running == "a"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"good": 7}', b"\xff\xfe", b"null"])
def test_an_unreadable_record_starts_the_first_whole_slot(root, content):
    (root / "slots.json").write_bytes(content)
    assert chosen(root).running == "a"
    (root / "a" / "whole").unlink()
    assert chosen(root).running == "b"


def test_a_flash_that_takes_no_record_runs_the_good_one(on_trial, monkeypatch):
    def full(path, content):
        raise OSError(28)

    monkeypatch.setattr(slots, "replace", full)
    now = chosen(on_trial)
    assert now.running == "a" and not now.is_on_trial()


class Reset(BaseException):
    """The chip starts anew."""


@pytest.fixture
def chip(monkeypatch):
    """The machine of start_guard.py: timers fire when told, pin is the contactor's level."""
    chip = types.ModuleType("machine")
    chip.watchdogs, chip.pending, chip.level = [], [], 0

    class Timer:
        ONE_SHOT, PERIODIC = 0, 1

        def __init__(self, number):
            pass

        def init(self, mode, period, callback):
            chip.pending.append((period, callback))

    def watchdog(timeout):
        chip.watchdogs.append(timeout)
        return types.SimpleNamespace(feed=lambda: chip.watchdogs.append("fed"))

    def reset():
        raise Reset

    chip.WDT = watchdog
    chip.Pin = lambda number: types.SimpleNamespace(value=lambda: chip.level)
    chip.Timer, chip.reset = Timer, reset
    monkeypatch.setitem(sys.modules, "machine", chip)
    monkeypatch.setitem(sys.modules, "board", types.SimpleNamespace(CONTACTOR={"request": 26}))
    chip.memory = b""

    def memory(record=None):
        if record is None:
            return chip.memory
        chip.memory = record

    chip.RTC = lambda: types.SimpleNamespace(memory=memory)
    monkeypatch.setattr(sys, "print_exception", print, raising=False)
    monkeypatch.delitem(sys.modules, "main", raising=False)
    monkeypatch.delitem(sys.modules, "start_guard", raising=False)
    import start_guard

    chip.start = start_guard
    return chip


@pytest.fixture
def entered(monkeypatch):
    """Let slots.enter() change what it changes for one test only."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(slots, "current", None)
    monkeypatch.setattr(slots, "crashed", "")


def test_the_watchdog_counts_before_a_slot_is_run(root, chip, entered, monkeypatch):
    monkeypatch.chdir(root)
    slots.enter("", chip.WDT)
    assert chip.watchdogs == [30_000] and sys.path[0] == str(root / "a")


def test_without_slots_no_watchdog_counts(tmp_path, chip, entered, monkeypatch):
    monkeypatch.chdir(tmp_path)
    slots.enter("", chip.WDT)
    assert chip.watchdogs == []


def test_an_error_at_the_start_of_a_trial_ends_it(on_trial, chip, monkeypatch):
    def fail():
        raise ImportError("no module named 'stat'")

    monkeypatch.setattr(chip.start, "run", fail)
    with pytest.raises(Reset):
        chip.start.start(chosen(on_trial))
    now = chosen(on_trial)
    assert now.running == "a" and now.why == "ImportError: no module named 'stat'"


def test_a_reset_by_order_is_no_panic_to_the_next_start(on_trial, chip, monkeypatch):
    chip.memory = b"record" + slots.RUNNING
    monkeypatch.setattr(chip.start, "run", lambda: 1 / 0)
    with pytest.raises(Reset):
        chip.start.start(chosen(on_trial))
    assert chip.memory == b"record\0" and slots.crash(slots.HARD_RESET, chip.memory) == ""


def test_a_good_application_that_fails_is_shown_fed_and_tried_again(
    root, chip, monkeypatch, capsys
):
    application = types.SimpleNamespace(box=None, failure="ValueError: pin", retry_s=3)
    monkeypatch.setitem(sys.modules, "main", application)

    def fail():
        raise ValueError("pin")

    monkeypatch.setattr(chip.start, "run", fail)
    chip.start.start(chosen(root))
    assert "No box runs here: ValueError: pin" in capsys.readouterr().out
    period, callback = chip.pending.pop()
    assert period == 1_000 and chip.watchdogs == [10_000]
    callback(None)
    callback(None)
    assert chip.watchdogs == [10_000, "fed", "fed"] and sys.modules["main"] is application
    with pytest.raises(Reset):
        callback(None)


def test_an_application_that_cannot_even_be_imported_says_so(root, chip, monkeypatch):
    def fail():
        raise MemoryError("memory allocation failed")

    monkeypatch.setattr(chip.start, "run", fail)
    chip.start.start(chosen(root))
    import main

    assert main.box is None and main.failure == "MemoryError: memory allocation failed"
    callback = chip.pending.pop()[1]
    with pytest.raises(Reset):
        for _ in range(chip.start.RETRY_S):
            callback(None)


def test_without_a_whole_slot_it_says_what_is_missing_and_waits(root, chip, monkeypatch, capsys):
    def missing():
        raise ImportError("no module named 'main'")

    (root / "a" / "whole").unlink()
    (root / "b" / "main.py").write_bytes(b"torn")
    monkeypatch.setattr(chip.start, "run", missing)
    chip.start.start(chosen(root))
    import main

    assert main.box is None and main.failure in capsys.readouterr().out
    flaws = main.failure.replace(str(root), "")
    assert flaws.startswith("no whole slot: /a: whole cannot be read (")
    assert flaws.endswith("; /b: main.py is not what manifest says")
    period, callback = chip.pending.pop()
    for _ in range(3 * 86_400):  # nothing is reset
        callback(None)
    assert chip.watchdogs.count("fed") == 3 * 86_400 and chip.watchdogs[0] > period


def test_a_trial_without_a_verdict_ends_when_the_contactor_is_open(on_trial, chip, monkeypatch):
    monkeypatch.setattr(chip.start, "run", lambda: None)
    chip.start.start(chosen(on_trial))
    period, callback = chip.pending.pop()
    assert period == 1_800_000
    chip.level = 1
    callback(None)
    period, callback = chip.pending.pop()
    assert period == 60_000
    chip.level = 0
    with pytest.raises(Reset):
        callback(None)
    assert chosen(on_trial).why == "no verdict in 30 minutes"


def test_a_verdict_in_time_leaves_the_timer_nothing_to_do(on_trial, chip, monkeypatch):
    monkeypatch.setattr(chip.start, "run", lambda: None)
    now = chosen(on_trial)
    chip.start.start(now)
    now.confirm()
    chip.pending.pop()[1](None)
    assert chosen(on_trial).running == "b"
