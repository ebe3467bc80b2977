"""MicroPython's esp32 over lean/machine.py: a raw partition in a file, not in the heap."""

SECTOR = 4_096
SECTORS = 64
BLANK = b"\xff" * 256
path = "journal.raw"


class Partition:
    TYPE_APP, TYPE_DATA = 0, 1

    @staticmethod
    def find(type=0, subtype=0xFF, label=None):
        return [Partition()] if label == "journal" else []

    def __init__(self):
        with open(path, "wb") as file:
            for _ in range(SECTORS * SECTOR // len(BLANK)):
                file.write(BLANK)
        self._file = open(path, "r+b")

    def readblocks(self, block, buf, offset=0):
        self._file.seek(block * SECTOR + offset)
        self._file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        self._file.seek(block * SECTOR + offset)
        self._file.write(buf)

    def ioctl(self, command, argument):
        if command == 4:
            return SECTORS
        if command == 5:
            return SECTOR
        if command == 6:
            self._file.seek(argument * SECTOR)
            for _ in range(SECTOR // len(BLANK)):
                self._file.write(BLANK)
        return 0
