"""MicroPython's esp32 module for the virtual box: its partitions lie in the plant's flash.

Without app_flash there is one partition, `journal`, which is the plant's own flash.
"""

import machine

SECTOR = 4_096
BLOCK_COUNT, BLOCK_SIZE, BLOCK_ERASE = 4, 5, 6
app_flash = None  # plant.app_flash.AppFlash of a box whose application is frozen


class Partition:
    TYPE_APP, TYPE_DATA = 0, 1
    BOOT, RUNNING = 0, 1

    def __init__(self, id):
        """id: a label, or BOOT or RUNNING. Raises OSError if there is none."""
        if id == Partition.BOOT:
            id = app_flash.boot_label()
        elif id == Partition.RUNNING:
            id = app_flash.running
        self._of = app_flash
        self._row = app_flash.row(id)
        self._first = self._row[3]

    @staticmethod
    def find(type=TYPE_APP, subtype=0xFF, label=None):
        if app_flash is None:
            return [machine.plant.flash] if label == "journal" else []
        return [
            Partition(row[0])
            for row in app_flash.table
            if row[1] == type and subtype in (0xFF, row[2]) and label in (None, row[0])
        ]

    @staticmethod
    def mark_app_valid_cancel_rollback():
        app_flash.mark_valid()

    def info(self):
        label, type, subtype, first, sectors = self._row
        return type, subtype, first * SECTOR, sectors * SECTOR, label, False

    def get_next_update(self):
        return Partition(self._of.next_update())

    def set_boot(self):
        self._of.select(self._row[0])

    def readblocks(self, block, buf, offset=0):
        self._within(block * SECTOR + offset + len(buf))
        self._of.flash.readblocks(self._first + block, buf, offset)

    def writeblocks(self, block, buf, offset=None):
        self._within(block * SECTOR + (offset or 0) + len(buf))
        self._of.flash.writeblocks(self._first + block, buf, offset)

    def ioctl(self, command, argument):
        if command == BLOCK_COUNT:
            return self._row[4]
        if command == BLOCK_ERASE:
            self._within((argument + 1) * SECTOR)
            return self._of.flash.ioctl(command, self._first + argument)
        return SECTOR if command == BLOCK_SIZE else 0

    def _within(self, end):
        if end > self._row[4] * SECTOR:
            raise OSError(-0x104)
