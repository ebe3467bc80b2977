"""The energy register: what was metered, kept so that no cut loses more than 10 Wh or 60 s.

Slots of one size follow each other in a sector ring; the last whole one counts. During a charge
slots are only programmed. Every few watt-hours while more than half of the ring is erased ahead,
then once in 60 s: see docs/storage.md for the wear this makes.
"""

from micropython import const

from storage.reading import SLOT, Reading
from storage.sector_ring import HEAD, SectorRing

_MAGIC = const(0x57425247)
BLANK_SLOT = b"\xff" * SLOT
PACE_S = 60


class Register:
    """device, first, count: see SectorRing. last: the newest Reading, as stored."""

    def __init__(self, device, first: int, count: int):
        self._ring = SectorRing(device, first, count, _MAGIC)
        self.damaged = self._ring.damaged
        self.last = Reading()
        self._slots = (self._ring.size - HEAD) // SLOT
        self._next = self._slots  # place in the newest sector
        self._load()

    def keep(self, reading) -> bool:
        """Program one slot. Return False if no erased room is left: ask again after prepare()."""
        if self._next >= self._slots or self._ring.failed:
            if self._ring.begin() < 0:
                return False
            self._next = 0
        slot = reading.pack()
        at = HEAD + self._next * SLOT
        self._next += 1
        if not self._ring.program(self._ring.newest, at, slot):
            return False
        self.last.unpack(slot)
        return True

    def failed(self) -> bool:
        """Return whether the chip refused an operation: nothing is written any more."""
        return self._ring.failed

    def has_room(self) -> bool:
        """Return whether a slot can be programmed without an erase."""
        return self._next < self._slots or self._ring.ahead() > 0

    def pace_s(self) -> int:
        """Return the seconds to let pass between slots: 0 while there is room for every step."""
        return 0 if self._ring.ahead() * 2 > self._ring.count else PACE_S

    def prepare(self) -> bool:
        """Erase one sector ahead, slow. Return False when nothing is left to do."""
        if self._ring.erase_damaged():
            return True
        if self._ring.ahead() >= self._ring.count - 2:  # the newest and the one before it stay
            return False
        return self._ring.erase_one()

    def _load(self):
        ring = self._ring
        for sector in reversed(ring.in_order()):
            found = self._last_whole(sector)
            if sector == ring.newest:
                self._next = self._first_free(sector)
            if found:
                return

    def _last_whole(self, sector):
        slot = bytearray(SLOT)
        for k in reversed(range(self._slots)):
            self._ring.read(sector, HEAD + k * SLOT, slot)
            if slot != BLANK_SLOT and self.last.unpack(bytes(slot)):
                return True
        return False

    def _first_free(self, sector):
        """Return the place behind the last one that anything was ever programmed into."""
        slot = bytearray(SLOT)
        for k in reversed(range(self._slots)):
            self._ring.read(sector, HEAD + k * SLOT, slot)
            if slot != BLANK_SLOT:
                return k + 1
        return 0
