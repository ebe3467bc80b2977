"""A MicroPython with a ROM file system: its vfs has the one function that the unix port lacks."""

import sys

import vfs

NO_DEVICE = -19  # what rom_ioctl returns without a partition


class Mapped(memoryview):
    """A partition as the chip maps it into its memory: the cells of a plant.flash.Flash."""

    flash = None

    def writeblocks(self, block, buf, offset=None):
        self.flash.writeblocks(block, buf, offset)

    def ioctl(self, command, argument):
        return self.flash.ioctl(command, argument)


class Vfs:
    """device: a Mapped, or NO_DEVICE."""

    def __init__(self, device):
        self.device = device

    def rom_ioctl(self, *_):
        return self.device

    def __getattr__(self, name):
        return getattr(vfs, name)


def mapped(flash):
    device = Mapped(flash._cells)
    device.flash = flash
    return device


def install(flash=None):
    """Give MicroPython a ROM in this flash, for whoever imports vfs from now on."""
    sys.modules["vfs"] = seen = Vfs(mapped(flash) if flash else NO_DEVICE)
    return seen
