"""Run measure.py from a board's flash: micropython on_flash.py FOLDER RIG [WORDS].

FOLDER has vfs.img, a LittleFS image, and takes the journal; RIG is the lean machine's folder. So
paths are as short and the file system takes as much of the heap as on a board. WORDS are
measure.py's; frozen: the application is in the interpreter, and is looked for there first.
"""

import os
import sys

import vfs

SECTOR = 4_096


class Flash:
    """An image file as a block device."""

    def __init__(self, path):
        self._file = open(path, "r+b")
        self._sectors = self._file.seek(0, 2) // SECTOR

    def readblocks(self, block, buf, offset=0):
        self._file.seek(block * SECTOR + offset)
        self._file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        self._file.seek(block * SECTOR + offset)
        self._file.write(buf)

    def ioctl(self, command, _):
        return {4: self._sectors, 5: SECTOR}.get(command, 0)


flash = Flash(sys.argv[1] + "/vfs.img")
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(flash), "/")
vfs.mount(vfs.VfsPosix(sys.argv[1]), "/host")
vfs.mount(vfs.VfsPosix(sys.argv[2]), "/rig")
os.chdir("/")
sys.path[:] = ["/rig", ".frozen", "/"] if "frozen" in sys.argv else ["/rig", "/", ".frozen"]

import esp32

esp32.path = "/host/journal.raw"

import measure

measure.main()
