"""The life of a frozen box's update: what is refused changes nothing, what is good runs."""

import sys
import time
from base64 import b64encode

import pytest
from app_image import app_image
from fleet import Box as Life
from fleet import Fleet
from frozen import APP_SECTORS, OTA_0, OTA_1, flashed, started, version_in
from maker import made, private_key, public

from plant.app_flash import APP, AppFlash
from plant.flash import SECTOR, Flash

OLD, NEW = "0.2.0", "0.9.0"
ONE_APP = (("factory", APP, 0x00, 2, APP_SECTORS),)


def image(version=NEW, size=20_000):
    return app_image("wallbox:virtual:%s:%s" % (version, "0" * 64), size=size)


class FakeMachine:
    reset = None


class FrozenBox:
    """A box on a folder and a flash; start() is its next life."""

    def __init__(self, root):
        self.root = str(root)
        self.flash = Flash(2 + 2 * APP_SECTORS + 1)
        self.apps = flashed(self.flash, 1, (image(OLD), image("0.0.1")), rollback=True)

    def start(self):
        chosen, _ = started(self.apps, self.root)
        self.life = Life(chosen, version_in(self.apps, chosen.running))
        self.updates = self.life.updates
        return self.life

    def send(self, content, version=NEW):
        """Publish a bundle. Return (the version that runs in the end, the events told)."""
        fleet = Fleet({"bundle": b64encode(content).decode(), "version": version})
        told = fleet.update(self.start)
        return self.life.version, told

    def held(self, label):
        first, sectors = self.apps.row(label)[3:]
        return bytes(self.flash._cells[first * SECTOR : (first + sectors) * SECTOR])


@pytest.fixture
def frozen(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "machine", FakeMachine)
    for name in ("esp32", "app_partitions", "_stamp"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda end, start: end - start, raising=False)
    (tmp_path / "update.key").write_bytes(public(private_key()))
    (tmp_path / "config.json").write_bytes(b"{}")
    return FrozenBox(tmp_path)


def test_an_update_is_the_image_in_the_other_partition(frozen):
    version, told = frozen.send(made(files={"app.bin": image()}))
    assert (version, told[-1]["event"]) == (NEW, "update_installed")
    assert frozen.apps.running == OTA_1
    assert frozen.held(OTA_1).startswith(image()) and frozen.held(OTA_0).startswith(image(OLD))


def test_the_next_one_goes_back_to_the_first_partition(frozen):
    frozen.send(made(files={"app.bin": image()}))
    version, _ = frozen.send(made(files={"app.bin": image("0.9.1")}, version="0.9.1"), "0.9.1")
    assert (version, frozen.apps.running) == ("0.9.1", OTA_0)


def test_which_micropython_is_there_does_not_matter_to_an_image(frozen):
    content = made(files={"app.bin": image()}, base="9.0.0", mpy=7)
    assert frozen.send(content)[0] == NEW


REFUSED = [
    (made(), "modules, this box wants an image"),
    (made(files={"app.bin": image(), "board.py": b""}), "modules, this box wants an image"),
    (made(files={"app.bin": image(size=SECTOR * APP_SECTORS)}), "an image of 32[0-9]{3} bytes"),
    (made(files={"app.bin": image()}, board="smartevse_v3"), "for board smartevse_v3"),
    (made(files={"app.bin": image()}, chip="esp32"), "for chip esp32"),
    (made(files={"app.bin": image()}, key=private_key(1)), "not signed by key"),
    (made(files={"app.bin": image()[:-40] + bytes(40)}), "the chip refuses the image"),
    (made(files={"app.bin": b""}), "the chip refuses the image"),
]


@pytest.mark.parametrize(("content", "why"), REFUSED, ids=[why[:24] for _, why in REFUSED])
def test_what_is_refused_leaves_the_old_one(frozen, content, why):
    with pytest.raises((AssertionError, ValueError), match=why):
        frozen.send(content)
    assert frozen.updates.phase == "refused"
    assert frozen.start().version == OLD and frozen.updates.phase == "idle"
    assert frozen.send(made(files={"app.bin": image()}))[0] == NEW


@pytest.mark.parametrize("version", [OLD, "0.1.9"])
def test_never_back_to_an_older_version(frozen, version):
    frozen.start()
    with pytest.raises(ValueError, match="is not newer than"):
        frozen.updates.ask("begin", {"version": version, "size": 9, "sha256": "0" * 64})
    with pytest.raises(ValueError, match="is not newer than"):  # told as newer than it is
        content = made(files={"app.bin": image(version)}, version=version)
        frozen.send(content, NEW)


def test_a_flash_that_does_not_hold_it_is_noticed(frozen, monkeypatch):
    frozen.start()
    import esp32

    def forgetful(self, block, buf, offset=0):
        buf[:] = bytes(len(buf))

    monkeypatch.setattr(esp32.Partition, "readblocks", forgetful)
    with pytest.raises(AssertionError, match="the flash does not hold what was written"):
        frozen.send(made(files={"app.bin": image()}))
    assert frozen.held(OTA_1)[:SECTOR] == b"\xff" * SECTOR  # no image any more
    assert frozen.start().version == OLD


def test_with_one_partition_an_update_comes_by_cable(frozen):
    frozen.apps = AppFlash(frozen.flash, ONE_APP, rollback=True)
    frozen.start()
    assert frozen.apps.running == "factory"
    with pytest.raises(ValueError, match="by cable only: this box has one app partition"):
        frozen.send(made(files={"app.bin": image()}))
    assert frozen.updates.phase == "idle"


def test_a_box_that_runs_modules_refuses_an_image(box):
    content = made(files={"app.bin": image()})
    box.begin(content)
    with pytest.raises(ValueError, match="this box runs modules"):
        box.piece(content, 0)
    assert box.updates.phase == "refused" and box.slots.running == "a"
