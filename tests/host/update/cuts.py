"""MicroPython side of test_cuts.py: micropython cuts.py CASE JOB.json.

An update (or a provisioning) runs on LittleFS over simulated flash. At every flash operation a
copy of the flash is made on which that operation was cut, torn at some byte: from each copy the
box must start a whole application, and with job["finish"] the update must end where it was going.
Prints one JSON object.
"""

import json
import os
import sys
from binascii import a2b_base64, b2a_base64, crc32

import slots

from plant.flash import Flash, PowerCut
from storage.config import Config
from update import service

TORN = (0.0, 0.5, 0.99)
KEY, CONFIG = "update.key", "config.json"
CERTIFICATES = ("ca.pem", "box.pem", "box.key")
ROOM = (
    ("box_id", "carport"),
    ("installer_limit_a", 20),
    ("broker_host", "fleet.example"),
    ("broker_port", 8883),
    ("broker_password", "p" * 60),
)


class Watched(Flash):
    """before(copy, k) is called with what a cut of the k-th operation would leave."""

    before = None

    def writeblocks(self, block, buf, offset=None):
        self._split(lambda flash: flash.writeblocks(block, buf, offset))
        Flash.writeblocks(self, block, buf, offset)

    def ioctl(self, command, argument):
        if command == 6:
            self._split(lambda flash: flash.ioctl(command, argument))
        return Flash.ioctl(self, command, argument)

    def _split(self, operation):
        if not self.before:
            return
        copy = Flash(self.sectors)
        copy._cells[:] = self._cells
        copy.cut_at, copy.torn = 1, TORN[self.operations % len(TORN)]
        try:
            operation(copy)
        except PowerCut:
            copy.cut_at = -1
        self.before(copy, self.operations + 1)


class Snapshot:
    version = letter = faults = session_number = 0


class Box:
    """What Updates wants of a box, and the box's life from one reset to the next."""

    enabled = 1

    def __init__(self, root, board):
        chosen = slots.Slots(root)
        chosen.choose(False)
        expect(chosen.running, "nothing starts")
        self.version = service.VERSION = slots.version_of(chosen.path(chosen.running))
        self.slots, self.snapshot, self.told, self.is_reset = chosen, Snapshot(), [], False
        self.updates = service.Updates(chosen, board, self.snapshot, self, self)

    def is_quiet(self):
        return True

    def cloud_why(self):
        return ""

    def tell(self, event):
        self.told.append(event)

    def restart(self):
        self.is_reset = True


class Board:
    NAME, CHIP = "virtual", "esp32s3"


class Fleet:
    """Publishes one bundle to a box until the box runs it."""

    def __init__(self, job):
        self.bundle = a2b_base64(job["bundle"])
        self.version = job["version"]
        self.pieces = 0

    def update(self, root):
        """Return the events told on the way."""
        told = []
        box = Box(root, Board)
        for _ in range(5_000):
            if box.version == self.version and box.updates.phase == "idle":
                return told + box.told
            self._push(box.updates)
            box.snapshot.version += 2
            box.updates.poll(len(told))
            if box.is_reset:
                told += box.told
                box = Box(root, Board)
        raise AssertionError("the update came to no end: %s" % box.updates.report())

    def _push(self, updates):
        phase = updates.phase
        expect(phase != "refused", "refused: %s" % updates.why)
        if phase == "idle":
            size = len(self.bundle)
            told = {"version": self.version, "size": size, "sha256": "0" * 64}
            updates.ask("begin", told)
        elif phase == "downloading":
            at = updates.ask("status", None)["have"]
            piece = self.bundle[at : at + service.PIECE_BYTES]
            text = b2a_base64(piece).decode()
            updates.ask("piece", {"at": at, "crc32": crc32(piece), "base64": text})
            self.pieces += 1
        elif phase == "ready":
            updates.ask("install", None)


def factory(job):
    """Return a flash, mounted at /flash, as it leaves the works."""
    flash = Watched(job["sectors"])
    os.VfsLfs2.mkfs(flash)
    os.mount(os.VfsLfs2(flash), "/flash")
    for name, content in job["files"].items():
        path = "/flash"
        for folder in name.split("/")[:-1]:
            path += "/" + folder
            if folder not in os.listdir(path.rsplit("/", 1)[0]):
                os.mkdir(path)
        with open("/flash/" + name, "wb") as file:
            file.write(a2b_base64(content))
    return flash


def contents(root):
    return [open(root + "/" + name, "rb").read() for name in (KEY, CONFIG)]


def cut_update(job):
    flash = factory(job)
    own = contents("/flash")
    fleet = Fleet(job)
    counted = {"points": 0, "old": 0, "new": 0}

    def look():
        version = service.VERSION
        try:
            box = Box("/cut", Board)
            expect(contents("/cut") == own, "config or key changed")
            counted["new" if box.version == fleet.version else "old"] += 1
            if job["finish"]:
                Fleet(job).update("/cut")
                expect(contents("/cut") == own, "config or key changed")
            counted["points"] += 1
        finally:
            service.VERSION = version

    flash.before = at_each_cut(look)
    fleet.update("/flash")
    counted["pieces"] = fleet.pieces
    return counted


def cut_provisioning(job):
    """What `box provision` leaves on the flash: values of the config, certificates, a key."""
    flash = factory(job)
    key = a2b_base64(job["next_key"])
    wanted = dict([(name, b"-----BEGIN %d-----" % k * 90) for k, name in enumerate(CERTIFICATES)])
    wanted[KEY] = key
    before = Config("/flash/" + CONFIG)
    counted = {"points": 0}

    def look():
        Box("/cut", Board)
        config = Config("/cut/" + CONFIG)
        expect(not config.complaints, "config: %s" % config.complaints)
        for name, value in ROOM:
            expect(config[name] in (value, before[name]), "%s is %s" % (name, config[name]))
        for name, content in wanted.items():
            found = content_of("/cut/" + name)
            expect(found in (content, content_of("/old/" + name)), "%s is torn" % name)
        counted["points"] += 1

    old = Flash(flash.sectors)
    old._cells[:] = flash._cells
    os.mount(os.VfsLfs2(old), "/old")
    flash.before = at_each_cut(look)
    for name, value in ROOM:
        Config("/flash/" + CONFIG).set(name, value)
    for name, content in wanted.items():
        slots.replace("/flash/" + name, content)
    return counted


def content_of(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def at_each_cut(look):
    """Return what Watched.before becomes: look() at each cut flash, mounted at /cut."""

    def check(copy, k):
        os.mount(os.VfsLfs2(copy), "/cut")
        try:
            look()
        except Exception as wrong:
            raise AssertionError("cut at operation %d: %s: %s" % (k, type(wrong), wrong))
        finally:
            os.umount("/cut")

    return check


def expect(good, what):
    if not good:
        raise AssertionError(what)


def main(case, path):
    with open(path) as file:
        job = json.load(file)
    print(json.dumps(CASES[case](job)))


CASES = {"update": cut_update, "provisioning": cut_provisioning}
main(sys.argv[1], sys.argv[2])
