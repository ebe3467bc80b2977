"""Which of two app partitions runs: trials and their ends, with and without rollback."""

import json
import sys

import pytest
from app_image import app_image
from frozen import OTA_0, OTA_1, SECTOR, flashed, started, version_in

from plant.flash import Flash

OLD, NEW = "0.2.0", "0.9.0"
BEFORE = {"cloud": "", "faults": []}
VFS_SECTORS = 1


def image(version):
    return app_image("wallbox:virtual:%s:%s" % (version, "0" * 64))


class Chip:
    """A chip with the old image in ota_0 and the new one in ota_1."""

    def __init__(self, root, rollback):
        self.root = root
        self.rollback = rollback
        self.flash = Flash(2 + 16 + VFS_SECTORS)
        self.apps = flashed(self.flash, VFS_SECTORS, (image(OLD), image(NEW)), rollback)

    def fill(self, content, label=OTA_1):
        first = self.apps.row(label)[3] * SECTOR
        self.flash._cells[first : first + len(content)] = content

    def start(self, crashed=""):
        chosen, self.resets = started(self.apps, str(self.root), crashed)
        return chosen

    def runs(self):
        return version_in(self.apps, self.apps.running)


@pytest.fixture(params=[True, False], ids=["with rollback", "without"])
def chip(tmp_path, request, monkeypatch):
    monkeypatch.setitem(sys.modules, "machine", FakeMachine)
    for name in ("esp32", "app_partitions", "_stamp"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return Chip(tmp_path, request.param)


class FakeMachine:
    @staticmethod
    def reset():
        raise AssertionError("the machine's own")


@pytest.fixture
def on_trial(chip):
    """The same chip, the new one to be tried at the next start."""
    chip.start().begin_trial(BEFORE, NEW)
    return chip


def test_a_fresh_image_runs_and_stays(chip):
    for _ in range(3):
        chosen = chip.start()
        assert (chosen.running, chosen.is_on_trial()) == (OTA_0, False)
        assert chip.runs() == OLD


def test_an_update_goes_into_the_other_partition(chip):
    assert chip.start().spare_partition().info()[4] == OTA_1


def test_a_trial_runs_the_new_one_and_keeps_what_it_was_told(on_trial):
    now = on_trial.start()
    assert now.running == OTA_1 and now.is_on_trial() and on_trial.runs() == NEW
    assert now.before == BEFORE and now.good == OTA_0


def test_a_confirmed_one_stays(on_trial):
    on_trial.start().confirm()
    for crashed in ("", "watchdog", "", "panic", ""):
        now = on_trial.start(crashed)
        assert now.running == OTA_1 and not now.is_on_trial() and now.failed == ""
        assert on_trial.resets == 0


def test_the_one_after_it_goes_into_the_first_partition_and_back_again(on_trial):
    now = on_trial.start()
    now.confirm()
    assert now.spare_partition().info()[4] == OTA_0
    on_trial.fill(image("0.9.1"), OTA_0)
    now.begin_trial(BEFORE, "0.9.1")
    now = on_trial.start()
    assert on_trial.runs() == "0.9.1" and now.is_on_trial()
    now.give_up("no broker")
    for _ in range(4):  # what was chosen anew must be marked valid anew
        now = on_trial.start()
        assert on_trial.runs() == NEW and now.failed == "0.9.1" and on_trial.resets == 0


def test_starts_without_a_verdict_end_the_trial(on_trial):
    found = [(on_trial.start(), on_trial.runs())[1] for _ in range(6)]
    assert found == [NEW] * (1 if on_trial.rollback else 3) + [OLD] * (
        5 if on_trial.rollback else 3
    )
    now = on_trial.start()
    assert now.failed == NEW and not now.is_on_trial()
    why = "it did not stay" if on_trial.rollback else "not healthy in 3 boots"
    assert now.why.startswith(why)


@pytest.mark.parametrize("crash", ["watchdog", "panic"])
def test_a_crash_ends_a_trial_at_once(on_trial, crash):
    on_trial.start()
    now = on_trial.start(crash)
    assert on_trial.runs() == OLD and now.failed == NEW
    assert on_trial.rollback or now.why == "stopped by the " + crash


def test_a_watchdog_reset_before_the_first_start_is_not_the_new_ones(on_trial):
    now = on_trial.start("watchdog")
    assert now.is_on_trial() and on_trial.runs() == NEW


def test_given_up_by_itself(on_trial):
    on_trial.start().give_up("no broker")
    for _ in range(4):
        now = on_trial.start()
        assert (on_trial.runs(), now.failed, now.why) == (OLD, NEW, "no broker")
        assert not now.is_on_trial() and on_trial.resets == 0


def test_an_image_that_is_not_whole_is_never_chosen(chip):
    spoilt = bytearray(image(NEW))
    spoilt[9_000] ^= 1
    chip.fill(spoilt)
    now = chip.start()
    with pytest.raises(ValueError, match="refuses the image"):
        now.begin_trial(BEFORE, NEW)
    assert not chip.start().trial and chip.runs() == OLD


def test_an_image_that_is_spoilt_while_on_trial_gives_way(on_trial):
    on_trial.flash.flip(8 * (on_trial.apps.row(OTA_1)[3] * SECTOR + 5_000))
    for _ in range(3):
        now = on_trial.start()
        assert on_trial.runs() == OLD and now.failed == NEW and not now.is_on_trial()


def test_without_a_good_one_to_go_back_to_the_new_one_stays(on_trial):
    on_trial.start()
    on_trial.flash.flip(8 * (on_trial.apps.row(OTA_0)[3] * SECTOR + 5_000))
    for crashed in ("watchdog", "", ""):
        on_trial.start(crashed)
        assert on_trial.runs() == NEW


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"good": 7}', b"\xff\xfe", b"null"])
def test_an_unreadable_record_leaves_what_the_boot_loader_chose(chip, content):
    chip.start()
    (chip.root / "slots.json").write_bytes(content)
    for _ in range(2):
        assert chip.start().running == OTA_0


def test_a_flash_that_takes_no_record_runs_the_good_one(on_trial, monkeypatch):
    import slots

    def full(path, content):
        raise OSError(28)

    monkeypatch.setattr(slots, "replace", full)
    for _ in range(3):
        now = on_trial.start()
        assert on_trial.runs() == OLD and not now.is_on_trial()


def test_an_end_of_a_trial_that_was_cut_is_ended(on_trial):
    """The record says given up, yet the boot loader still runs the failed one."""
    on_trial.start()
    path = on_trial.root / "slots.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "trial": ""}))
    if not on_trial.rollback:  # else the boot loader itself goes back
        on_trial.start()
    on_trial.start()
    assert on_trial.runs() == OLD


def test_what_is_frozen_comes_before_any_file(chip, monkeypatch):
    chosen = chip.start()
    monkeypatch.setattr(sys, "path", ["", ".frozen", "/lib"])
    chosen.make_ready()
    assert sys.path == [".frozen", "", "/lib"]


def test_boot_py_chooses_between_them_and_starts_the_watchdog(on_trial, monkeypatch):
    import slots

    on_trial.start()
    monkeypatch.setattr(slots, "current", None)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.chdir(on_trial.root)
    import app_partitions

    counting = []
    app_partitions.enter("", lambda **options: counting.append(options["timeout"]))
    assert slots.current.running == OTA_1 and slots.current.is_on_trial()
    assert counting == [30_000] and sys.path[0] == ".frozen"
