"""On MicroPython: mount a board's flash, boot from it, charge a car: from_image.py VFS OUT ROOT.

Only the simulator comes from the host; every line of the firmware comes out of the image.
"""

import os
import sys

import vfs

SECTOR = 4_096
host = "/host" + sys.argv[3]


class Flash:
    """The image file as a block device that can only be read."""

    def __init__(self, path):
        self._file = open(path, "rb")
        self._sectors = self._file.seek(0, 2) // SECTOR

    def readblocks(self, block, buf, offset=0):
        self._file.seek(block * SECTOR + offset)
        self._file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        raise OSError(30)

    def ioctl(self, command, argument):
        return {4: self._sectors, 5: SECTOR}.get(command, 0)


def mount(path):
    flash = Flash(path)
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash), "/")
    vfs.mount(vfs.VfsPosix("/"), "/host")
    os.chdir("/")
    sys.path[:] = ["", host + "/tools/sim", host + "/build/lib", ".frozen"]


def main(out):
    import slots

    slots.enter("")  # the bench needs names from the slot before it lets boot.py do the same
    assert sys.path[0] == "/a", sys.path
    import board
    from bench import Bench

    bench = Bench(board, {"broker_host": "localhost"}, 1, "/host" + out)
    rows = [[5_000, "ev.cp_ohm", "2740"], [7_000, "ev.current_a", "16"]]
    rows += [[7_000, "ev.cp_ohm", "882"], [20_000, "ev.cp_ohm", "open"]]
    bench.run(rows, 25_000)


mount(sys.argv[1])
main(sys.argv[2])
