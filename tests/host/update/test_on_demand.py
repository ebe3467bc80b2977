"""The update service is in memory while an update is under way, and only then."""

import sys
import types

import pytest

from update import on_demand

BEGIN = {"version": "9.0.0", "size": 9, "sha256": "0" * 64}


@pytest.fixture
def start(box):
    """start() -> the box's updates as they stand after a start."""
    board = types.SimpleNamespace(NAME="virtual", CHIP="esp32s3")

    def again():
        forget()
        return on_demand.Updates(box.slots, board, box.snapshot, box, box)

    yield again
    forget()


def forget():
    for name in ("update.service", "update.download"):
        sys.modules.pop(name, None)


def is_loaded():
    return "update.service" in sys.modules


def test_a_box_at_rest_tells_its_status_without_the_service(start):
    updates = start()
    told = updates.ask("status", None)
    updates.poll(0)
    assert not is_loaded()
    loaded = start()
    loaded.ask("begin", BEGIN)
    whole = loaded.ask("status", None)
    assert told.keys() == whole.keys() and updates.report() == {
        k: told[k] for k in loaded.report()
    }
    assert (told["phase"], told["have"], told["size"]) == ("idle", 0, 0)
    assert told["piece"] == whole["piece"] == 1_024


def test_an_update_loads_it_also_after_a_restart(start, box):
    updates = start()
    assert updates.ask("begin", BEGIN)["phase"] == updates.phase == "downloading" and is_loaded()
    (box.root / "update.part").write_bytes(b"half")
    assert start().phase == "downloading" and is_loaded()


def test_nothing_is_loaded_beside_a_charge(start, box):
    updates = start()
    box.quiet = False
    with pytest.raises(ValueError, match="the contactor is closed"):
        updates.ask("begin", BEGIN)
    assert not is_loaded() and updates.ask("status", None)["phase"] == "idle"


def test_it_goes_when_nothing_is_under_way(start):
    updates = start()
    with pytest.raises(ValueError):
        updates.ask("begin", {**BEGIN, "sha256": "short"})
    assert is_loaded()
    updates.poll(0)
    assert not is_loaded() and updates.phase == "idle"


def test_a_trial_is_watched_from_the_start_on(start, box):
    box.slots.is_on_trial = lambda: True
    assert start().phase == "trial" and is_loaded()
