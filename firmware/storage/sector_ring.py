"""A ring of flash sectors, erased ahead of time and numbered when they are begun.

An erase stalls the chip for 20 to 400 ms, a program of a few bytes for about one (ESP32, GD25Q and
W25Q data sheets), so erase_one() is called with the contactor open only and everything else never
erases. A sector carries two marks of its own: "erased", written when its erase has ended, without
which a cut erase would pass for a blank sector, and its number, written when it is begun.
"""

import struct
from array import array
from binascii import crc32

from micropython import const

HEAD = 32  # bytes of a sector that are not its user's
_ERASED_AT = const(0)
_NUMBER_AT = const(8)
_SPENT_AT = const(24)
_ERASED = const(b"BLANK\x00\x01\n")
BLANK = 0xFF
# instead of a number: must be erased; may be begun
_DIRTY = const(-1)
_FRESH = const(0)
# ioctl of MicroPython's block devices
_ERASE_BLOCK = const(6)
COUNT = 4
SIZE = 5


class SectorRing:
    """device: extended block device such as esp32.Partition. first, count: which of its sectors.

    magic: tells users of neighbouring rings apart. numbers: per sector its number, _FRESH or
    _DIRTY. newest: index of the sector begun last. size: bytes of a sector. damaged: sectors that
    were unreadable at start. failed: the chip has refused an operation; from then on nothing is
    written, so that trying again does not wear out what is left.
    """

    def __init__(self, device, first: int, count: int, magic: int):
        self._device = device
        self._first = first
        self._magic = magic
        self.count = count
        self.size = device.ioctl(SIZE, 0)
        self.failed = False
        self.numbers = array("i", b"\xff" * (4 * count))  # _DIRTY each
        self.spent = bytearray(count)  # 1: the user needs nothing of it any more
        self._load()

    def read(self, sector: int, offset: int, into):
        """Fill into; with zeros, which are no record of anybody's, where the chip refuses."""
        try:
            self._device.readblocks(self._first + sector, into, offset)
        except OSError:
            self.failed = True
            into[:] = bytes(len(into))

    def program(self, sector: int, offset: int, content) -> bool:
        """Clear bits: content goes where nothing was written since the erase.

        Return False if the chip refused.
        """
        try:
            self._device.writeblocks(self._first + sector, content, offset)
        except OSError:
            self.failed = True
        return not self.failed

    def ahead(self) -> int:
        """Return how many sectors can be begun before one has to be erased."""
        count = 0
        while count < self.count and self.numbers[self._after(count + 1)] == _FRESH:
            count += 1
        return count

    def begin(self) -> int:
        """Number the next sector. Return its index, or -1 if it was not erased ahead."""
        sector = self._after(1)
        if self.numbers[sector] != _FRESH or self.failed:
            return -1
        number = 1 + max(self.numbers)
        head = struct.pack("<III", self._magic, number, 0)
        if not self.program(sector, _NUMBER_AT, head + struct.pack("<I", crc32(head))):
            return -1
        self.numbers[sector] = number
        self.spent[sector] = 0
        self.newest = sector
        return sector

    def next_to_erase(self) -> int:
        """Return the sector behind those erased ahead, whatever it holds."""
        return self._after(self.ahead() + 1)

    def erase_one(self) -> bool:
        """Erase the next sector; slow. Return False if only the newest one is left."""
        sector = self.next_to_erase()
        if sector == self.newest or self.numbers[sector] == _FRESH:
            return False
        return self._erase(sector)

    def _erase(self, sector):
        if self.failed:
            return False
        self.numbers[sector] = _DIRTY
        try:
            self._device.ioctl(_ERASE_BLOCK, self._first + sector)
        except OSError:
            self.failed = True
        if self.failed or not self.program(sector, _ERASED_AT, _ERASED):
            return False
        self.numbers[sector] = _FRESH
        self.spent[sector] = 0
        return True

    def erase_damaged(self) -> bool:
        """Erase one of the sectors that were unreadable at start, so that they are told once."""
        dirty = [k for k in range(self.count) if self.numbers[k] == _DIRTY]
        return bool(self.damaged and dirty) and self._erase(dirty[0])

    def spend(self, sector: int):
        """Note that nothing in the sector is needed any more."""
        self.spent[sector] = 1
        self.program(sector, _SPENT_AT, b"\0")

    def in_order(self) -> list:
        """Return the sectors that were begun, oldest first."""
        begun = [k for k in range(self.count) if self.numbers[k] > _FRESH]
        return sorted(begun, key=lambda sector: self.numbers[sector])

    def _after(self, steps):
        return (self.newest + steps) % self.count

    def _load(self):
        head = bytearray(HEAD)
        self.newest, self.damaged = self.count - 1, 0
        highest = _FRESH
        for sector in range(self.count):
            self.read(sector, 0, head)
            number = self.numbers[sector] = self._number(head)
            self.spent[sector] = 1 if head[_SPENT_AT] == 0 else 0
            if number == _DIRTY and head.count(b"\xff") != HEAD:
                self.damaged += 1
            if number > highest:
                highest, self.newest = number, sector
        torn = 1  # an erase or a beginning that a cut ended
        self.damaged = max(0, self.damaged - torn) if highest > _FRESH else 0

    def _number(self, head):
        if bytes(head[: len(_ERASED)]) != _ERASED:
            return _DIRTY
        if all(octet == BLANK for octet in head[_NUMBER_AT:]):
            return _FRESH
        magic, number, _, crc = struct.unpack_from("<IIII", head, _NUMBER_AT)
        known = magic == self._magic and crc == crc32(bytes(head[_NUMBER_AT : _NUMBER_AT + 12]))
        return number if known and number < 1 << 30 else _DIRTY
