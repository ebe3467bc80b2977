"""A MicroPython with a ROM file system: its vfs has the one function that the unix port lacks."""

import sys

import vfs

NO_DEVICE = -19  # what rom_ioctl returns without a partition


class Vfs:
    """device: a plant.flash.Flash, or NO_DEVICE."""

    def __init__(self, device):
        self.device = device

    def rom_ioctl(self, *_):
        return self.device

    def VfsRom(self, device):
        return vfs.VfsRom(device._cells)  # which a chip has mapped into its memory

    def __getattr__(self, name):
        return getattr(vfs, name)


def install(device):
    sys.modules["vfs"] = seen = Vfs(device)
    return seen
