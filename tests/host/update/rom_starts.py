"""MicroPython side of test_rom.py: a board's starts, each as its MicroPython begins it.

micropython rom_starts.py JOB.json: LittleFS at /, the working directory there, the ROM mounted and
searched before boot.py if anything is found. Prints for each start where the application came
from and how often the ROM's flash was erased so far.
"""

import json
import os
import sys

import in_rom
import vfs
from flash_image import factory

from plant.flash import Flash

HEADER = b"\xd2\xcd\x31"
KEPT = ("machine", "vfs")


class Part:
    """Any pin, oscillator, clock or watchdog."""

    OUT = 1

    def __init__(self, *_, **__):
        pass

    def memory(self):
        return b""


class Machine:
    PWM = RTC = WDT = Pin = Part

    @staticmethod
    def reset_cause():
        return 1


def start(disk, rom):
    """Return what `main.run` of the application returns."""
    for name in list(sys.modules):
        if name not in KEPT and not name.startswith("plant"):
            sys.modules.pop(name)
    for place in ("/rom", "/"):
        try:
            vfs.umount(place)
        except OSError:
            pass
    sys.path[:] = ["", ".frozen"]
    if rom[:3] == HEADER:
        vfs.mount(vfs.VfsRom(rom), "/rom")
        sys.path += ["/rom", "/rom/lib"]
    vfs.mount(vfs.VfsLfs2(disk), "/")
    sys.path.append("/lib")
    os.chdir("/")
    run("boot.py", "boot")
    run("start.py", "__main__")
    import main

    return main.told


def run(path, name):
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), {"__name__": name})


def main(path):
    with open(path) as file:
        job = json.load(file)
    disk, flash = factory(job, "/flash"), Flash(job["rom_sectors"])
    rom = in_rom.install(flash).device
    sys.modules["machine"] = Machine
    rom[: len(job["there"])] = bytes(job["there"])
    os.umount("/flash")
    told = []
    for _ in range(3):
        told.append([start(disk, rom), max(flash.erases)])
    print(json.dumps(told))


main(sys.argv[1])
