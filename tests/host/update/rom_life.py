"""MicroPython side of test_rom.py: micropython rom_life.py CASE JOB.json. Prints one JSON object.

Slots a and b lie on LittleFS over simulated flash, the ROM file system is another such flash.
"""

import json
import os
import sys

import in_rom
from flash_image import factory

from plant.flash import Flash
from plant.watched_flash import Watched

seen = in_rom.install(in_rom.NO_DEVICE)

import rom
import slots

A, B = "/flash/a", "/flash/b"


class Refusing(Flash):
    """Takes nothing."""

    def writeblocks(self, block, buf, offset=None):
        raise OSError(5)


class Stuck(Flash):
    """One bit stays set."""

    def writeblocks(self, block, buf, offset=None):
        Flash.writeblocks(self, block, buf, offset)
        self._cells[700] |= 4


def tree(path):
    """Return {path: content} of all files below."""
    found = {}
    for entry in os.ilistdir(path):
        inner = path + "/" + entry[0]
        if entry[1] == 0x4000:
            for name, content in tree(inner).items():
                found[entry[0] + "/" + name] = content
        else:
            with open(inner, "rb") as file:
                found[entry[0]] = file.read()
    return found


def check_copy(device, path):
    seen.device = device
    place = rom.copy_of(path)
    if place != "/rom" or tree("/rom") != tree(path):
        raise AssertionError("%r holds no copy of %s" % (place, path))


def cuts(job):
    """The start that writes the copy is cut at each of its operations; the next one ends it."""
    device = Watched(job["rom_sectors"])
    check_copy(device, B)
    points, wrongs = [], []

    def check(copy, k):
        points.append(k)
        try:
            if look(copy) not in (None, tree(A), tree(B)):
                raise AssertionError("half a copy is mounted")
            check_copy(copy, A)
        except Exception as wrong:  # copy_of() would swallow it
            wrongs.append("cut at operation %d: %r" % (k, wrong))
        rom.unmount()
        seen.device = device

    device.before = check
    check_copy(device, A)
    return {"points": len(points), "wrongs": wrongs}


def spoilt(job):
    """Any bit of the copy that has turned over brings a new one; none, and nothing is written."""
    device = Flash(job["rom_sectors"])
    check_copy(device, A)
    _, size = rom.image(A)
    bits = list(range(0, size * 8, job["every_bit"]))
    for bit in bits:
        device.flip(bit)
        look(device)
        before = device.operations
        check_copy(device, A)
        if device.operations == before:
            raise AssertionError("bit %d went unnoticed" % bit)
    before = device.operations
    check_copy(device, A)
    return {"bits": len(bits), "idle": device.operations - before}


def look(device):
    """Mount it and search it, as MicroPython does before boot.py. Return its tree, or None."""
    rom.unmount()
    try:
        seen.mount(seen.VfsRom(device), "/rom")
    except OSError:
        return None
    try:
        return tree("/rom")
    except (OSError, UnicodeError) as wrong:  # spoilt
        return {"": wrong}


def without(job):
    """Return for each flash that takes no copy: where the slot runs from, what is at /rom."""
    told = {}
    for name, device in (
        ("no partition", in_rom.NO_DEVICE),
        ("too small", Flash(1)),
        ("takes nothing", Refusing(job["rom_sectors"])),
        ("holds nothing", Stuck(job["rom_sectors"])),
    ):
        seen.device = device
        sys.path[:] = ["", "/rom", "/rom/lib", ".frozen"] + job["path"]
        told[name] = [slots.place_of(A), "/rom" in sys.path, "rom" in os.listdir("/")]
    seen.device = Flash(job["rom_sectors"])
    told["all well"] = [slots.place_of(A), "/rom" in sys.path, "rom" in sys.modules]
    return told


def main(case, path):
    with open(path) as file:
        job = json.load(file)
    job["path"] = sys.path[:]
    factory(job, "/flash")
    print(json.dumps(CASES[case](job)))


CASES = {"cuts": cuts, "spoilt": spoilt, "without": without}
main(sys.argv[1], sys.argv[2])
