"""The chip's file system: real LittleFS on simulated flash, one block device a life."""

import os

from storage.disk import mounted

PATH = "/flash"
current = []  # the one disk that is mounted


class Supplied:
    """Flash as one run of the chip has it: dead for ever once the supply was cut.

    What the dead run's open files still write when they are collected reaches nothing.
    """

    def __init__(self, flash):
        self._flash = flash
        self.alive = True

    def readblocks(self, block, buf, offset=0):
        self._flash.readblocks(block, buf, offset)

    def writeblocks(self, block, buf, offset=None):
        if self.alive:
            self._flash.writeblocks(block, buf, offset)

    def ioctl(self, command, argument):
        return self._flash.ioctl(command, argument) if self.alive else 0


class Disk:
    """flash: plant.flash.Flash. complaint: of the last mount, "" if all was well."""

    def __init__(self, flash):
        self.flash = flash
        self.complaint = ""
        self._device = None

    def mount(self) -> str:
        """Start a life of the chip. Return the folder."""
        while current:
            current.pop().unmount()
        self._device = Supplied(self.flash)
        self.complaint = mounted(self._device, PATH)
        current.append(self)
        return PATH

    def unmount(self):
        if self._device:
            self._device.alive = False
            self._device = None
            os.umount(PATH)
