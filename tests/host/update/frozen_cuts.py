"""MicroPython side of test_frozen_cuts.py: micropython frozen_cuts.py JOB.json.

A box with two app partitions is updated: a whole image goes through its file system into the
spare one, is tried and confirmed. At every flash operation on the way, the boot loader's own among
them, a copy of the flash is made on which that operation was cut, torn at some byte. From each
copy a whole application must start, with its config and key; every job["finish_every"]th is then
sent the same update again, to its end. Prints one JSON object.
"""

import gc
import json
import os
import sys
from binascii import a2b_base64

import esp32
from fleet import Box, Fleet, expect
from frozen import VFS, flashed, started, table, version_in

from plant.app_flash import AppFlash
from plant.watched_flash import Watched
from update import service

KEY, CONFIG = "update.key", "config.json"
CONTENT = b'{"box_id": "garage", "installer_limit_a": 16, "version": 1}'
VFS_SECTORS = 32


def mounted(apps, root, is_new=False):
    """Mount the file system of the flash at root."""
    esp32.app_flash = apps
    disk = esp32.Partition(VFS)
    if is_new:
        os.VfsLfs2.mkfs(disk)
    os.mount(os.VfsLfs2(disk), root)


def start(apps, root):
    """Start what the boot loader chooses. Return its Box."""
    chosen, _ = started(apps, root)
    return Box(chosen, version_in(apps, chosen.running))


def contents(root):
    return [open(root + "/" + name, "rb").read() for name in (KEY, CONFIG)]


def cut_update(job):
    flash = Watched(2 + 16 + VFS_SECTORS)
    images = [a2b_base64(image) for image in job["images"]]
    apps = flashed(flash, VFS_SECTORS, images, job["rollback"])
    mounted(apps, "/flash", is_new=True)
    for name, content in ((KEY, a2b_base64(job["key"])), (CONFIG, CONTENT)):
        with open("/flash/" + name, "wb") as file:
            file.write(content)
    own = contents("/flash")
    fleet = Fleet(job)
    counted = {"points": 0, "old": 0, "new": 0, "finished": 0}

    def look(copy, k):
        gc.collect()  # when it comes by itself in the midst of a nested write, the unix port dies
        before = esp32.app_flash, service.VERSION
        cut = AppFlash(copy, table(VFS_SECTORS), job["rollback"])
        mounted(cut, "/cut")
        try:
            box = start(cut, "/cut")
            expect(contents("/cut") == own, "config or key changed")
            expect(box.version in (job["old"], fleet.version), "it runs " + box.version)
            counted["new" if box.version == fleet.version else "old"] += 1
            counted["points"] += 1
            if counted["points"] % job["finish_every"] == 0:
                Fleet(job).update(lambda: start(cut, "/cut"))
                expect(contents("/cut") == own, "config or key changed")
                expect(start(cut, "/cut").version == fleet.version, "the new one does not stay")
                counted["finished"] += 1
        except Exception as wrong:
            raise AssertionError("cut at operation %d: %s: %s" % (k, type(wrong), wrong))
        finally:
            os.umount("/cut")
            esp32.app_flash, service.VERSION = before

    flash.before = look
    told = fleet.update(lambda: start(apps, "/flash"))
    expect([event["event"] for event in told] == ["update_installed"], told)
    for _ in range(2):
        expect(start(apps, "/flash").version == fleet.version, "the new one does not stay")
    counted["pieces"] = fleet.pieces
    return counted


with open(sys.argv[1]) as file:
    print(json.dumps(cut_update(json.load(file))))
