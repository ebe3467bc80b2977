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

seen = in_rom.install()

import rom_copy
import slots

A, B = "/flash/a", "/flash/b"


class Refusing(Flash):
    """Takes nothing."""

    def writeblocks(self, block, buf, offset=None):
        raise OSError(5)


class Stuck(Flash):
    """Two of its bytes are what they want."""

    def writeblocks(self, block, buf, offset=None):
        Flash.writeblocks(self, block, buf, offset)
        self._cells[4_200:4_202] = b"\xa5\x5b"


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
    place = slots.place_of(path)
    if place != "/rom" or tree("/rom") != tree(path):
        raise AssertionError("%r holds no copy of %s" % (place, path))
    if bytes(device[:4_096]) != b"\xff" * 4_096:
        raise AssertionError("MicroPython would search it before boot.py")


def cuts(job):
    """The start that writes the copy is cut at each of its operations; the next one ends it."""
    flash = Watched(job["rom_sectors"])
    device, torn = in_rom.mapped(flash), in_rom.mapped(flash.copy)
    check_copy(device, B)
    points, wrongs = [], []

    def check(copy, k):
        points.append(k)
        try:
            check_copy(torn, A)
        except Exception as wrong:  # place_of() would swallow it
            wrongs.append("cut at operation %d: %r" % (k, wrong))
        rom_copy.unmount()
        seen.device = device

    flash.before = check
    check_copy(device, A)
    return {"points": len(points), "wrongs": wrongs}


def spoilt(job):
    """Any bit of the copy that has turned over brings a new one; none, and nothing is written."""
    flash = Flash(job["rom_sectors"])
    device = in_rom.mapped(flash)
    check_copy(device, A)
    _, size = rom_copy.image(A)
    bits = list(range(4_096 * 8, (4_096 + size) * 8, job["every_bit"]))
    for bit in bits:
        flash.flip(bit)
        before = flash.operations
        check_copy(device, A)
        if flash.operations == before:
            raise AssertionError("bit %d went unnoticed" % bit)
    device[:3] = rom_copy.HEADER  # as if somebody had put a file system there
    check_copy(device, A)
    before = flash.operations
    check_copy(device, A)
    return {"bits": len(bits), "idle": flash.operations - before}


def without(job):
    """Return for each flash that takes no copy what three starts saw and did.

    Where the slot runs from, what is at /rom, in sys.path, how often the flash was erased, why.
    """
    told = {}
    for name, flash in (
        ("no partition", None),
        ("too small", Flash(2)),
        ("takes nothing", Refusing(job["rom_sectors"])),
        ("holds nothing", Stuck(job["rom_sectors"])),
    ):
        seen.device = in_rom.mapped(flash) if flash else in_rom.NO_DEVICE
        for _ in range(3):
            sys.path[:] = ["", "/rom", "/rom/lib", ".frozen"] + job["path"]
            told[name] = [slots.place_of(A), "/rom" in sys.path, "rom" in os.listdir("/")]
        told[name] += [max(flash.erases) if flash else 0, slots.uncopied]
        clear_refusal()
    return told


def clear_refusal():
    try:
        os.remove("/flash/rom.refused")
    except OSError:
        return


def refused(job):
    """A flash that refused one version is asked again for another, and when it has been mended."""
    flash = Stuck(job["rom_sectors"])
    seen.device = in_rom.mapped(flash)
    told = [slots.place_of(A), slots.place_of(B), max(flash.erases)]
    clear_refusal()
    check_copy(in_rom.mapped(Flash(job["rom_sectors"])), A)
    return told


def main(case, path):
    with open(path) as file:
        job = json.load(file)
    job["path"] = sys.path[:]
    factory(job, "/flash")
    print(json.dumps(CASES[case](job)))


CASES = {"cuts": cuts, "spoilt": spoilt, "without": without, "refused": refused}
main(sys.argv[1], sys.argv[2])
