"""MicroPython side of test_cuts.py: micropython cuts.py CASE JOB.json.

An update (or a provisioning) runs on LittleFS over simulated flash. At every flash operation a
copy of the flash is made on which that operation was cut, torn at some byte. From each copy the
box must start a whole application; every job["finish_every"]th must end where the update was
going, and every job["charge_every"]th, and each that starts the new one, must charge a car,
run from that flash. Prints one JSON object.
"""

import json
import os
import sys
from binascii import a2b_base64

import board
import slots
from flash_image import factory
from fleet import Box, Fleet, expect
from slotted import Slotted

from plant.flash import Flash
from plant.watched_flash import Watched
from storage.config import Config
from update import service

KEY, CONFIG = "update.key", "config.json"
CERTIFICATES = ("ca.pem", "box.pem", "box.key")
ROOM = (
    ("box_id", "carport"),
    ("installer_limit_a", 20),
    ("broker_host", "fleet.example"),
    ("broker_port", 8883),
    ("broker_password", "p" * 60),
)


def started(root):
    """Start the box on the flash at root."""
    chosen = slots.Slots(root)
    chosen.choose("")
    expect(chosen.running, "nothing starts")
    return Box(chosen, slots.version_of(chosen.path(chosen.running)))


def contents(root):
    return [content(root + "/" + name) for name in (KEY, CONFIG)]


def content(path):
    with open(path, "rb") as file:  # closed: LittleFS knows every open file until it is
        return file.read()


def cut_update(job):
    flash = factory(job, "/flash", Watched)
    own = contents("/flash")
    fleet = Fleet(job)
    counted = {"points": 0, "old": 0, "new": 0, "finished": 0, "charged": 0}

    def look():
        version = service.VERSION
        try:
            box = started("/cut")
            expect(contents("/cut") == own, "config or key changed")
            expect(box.version in (job["old"], fleet.version), "it runs " + box.version)
            counted["new" if box.version == fleet.version else "old"] += 1
            counted["points"] += 1
            if is_due(counted, job["finish_every"]):
                Fleet(job).update(lambda: started("/cut"))
                expect(contents("/cut") == own, "config or key changed")
                counted["finished"] += 1
            is_new = box.version == fleet.version and job["charge_every"]
            if is_new or is_due(counted, job["charge_every"]):
                charge(job["out"])
                counted["charged"] += 1
        finally:
            service.VERSION = version

    flash.before = at_each_cut(look)
    fleet.update(lambda: started("/flash"))
    counted["pieces"] = fleet.pieces
    return counted


def is_due(counted, every):
    return every and counted["points"] % every == 0


def charge(out):
    """Run the firmware that is on the cut flash, and nothing else of it, until a car charges."""
    with Slotted("/cut", board, {}, out) as bench:
        bench.power(1)
        for signal, value in (("ev.current_a", "16"), ("ev.cp_ohm", "2740"), ("ev.cp_ohm", "882")):
            bench.action(signal, value)()
            for _ in range(20):
                bench.serve()
        for _ in range(100):
            bench.serve()
        expect(bench.plant.mains.settled_mws() > 0, "no car is charged")


def cut_provisioning(job):
    """What `box provision` leaves on the flash: values of the config, certificates, a key."""
    flash = factory(job, "/flash", Watched)
    key = a2b_base64(job["next_key"])
    wanted = dict([(name, b"-----BEGIN %d-----" % k * 90) for k, name in enumerate(CERTIFICATES)])
    wanted[KEY] = key
    before = Config("/flash/" + CONFIG)
    counted = {"points": 0}

    def look():
        started("/cut")
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


def fill_up(job):
    """Leave less and less of the flash free: an update fits to its end, or is refused at once.

    Returns with how many free blocks the last one fitted, and how often pieces had come before a
    refusal, which is when the manifest has been read.
    """
    fitted, refusals = 0, []
    for blocks in range(job["from"], job["to"], -1):
        flash = factory(job, "/flash")
        fill("/flash/filler", blocks)
        fleet = Fleet(job)
        try:
            told = fleet.update(lambda: started("/flash"))
        except ValueError as wrong:
            expect("room for" in str(wrong), wrong)
            expect(started("/flash").version == job["old"], "the old one is gone")
            refusals.append(fleet.pieces)
        else:
            expect(told[-1]["event"] == "update_installed", told)
            expect(not refusals, "it fits with %d blocks, not with more" % blocks)
            fitted = blocks
        os.umount("/flash")
        del flash
    return {"fitted": fitted, "refusals": refusals}


def fill(path, blocks):
    free = os.statvfs("/flash")[4]
    with open(path, "wb") as file:
        for _ in range(max(0, free - blocks)):
            file.write(bytes(4_096))


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


def main(case, path):
    with open(path) as file:
        job = json.load(file)
    print(json.dumps(CASES[case](job)))


CASES = {"update": cut_update, "provisioning": cut_provisioning, "full": fill_up}
main(sys.argv[1], sys.argv[2])
