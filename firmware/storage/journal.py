"""The journal: records that are never changed, in the order in which they happened.

A record is a head (length, kind, sent mark, sequence number, CRC) and its payload, in one program
operation that a cut may tear at any byte. A torn record fails its CRC: what was acknowledged
before it is whole, and writing goes on in the next sector. The sent mark lies outside the CRC, so
that clearing it is a program operation too. Space is bounded: the oldest sector makes room; one
that holds something unsent only when hardly any erased room is left.
"""

import struct
from binascii import crc32

from micropython import const

from storage.sector_ring import BLANK, HEAD, SectorRing

_MAGIC = const(0x57424A4F)
_HEAD_BYTES = const(12)
BLANK_HEAD = b"\xff" * _HEAD_BYTES
_SENT_AT = const(3)
# what a flipped bit makes of it is sent again
_SENT = const(0)
UNSENT = BLANK
LONGEST = 3_072
AHEAD_SHARE = 2  # of all sectors, erased for what happens while the contactor is closed
_FEWEST_AHEAD = const(16)  # sectors for which even unsent records make room: about 300 events
EVENT, SESSION, MARK, DRAFT = 1, 2, 3, 4
NEVER_SENT = (MARK, DRAFT)
"""MARK: a note of the box to itself. DRAFT: a session's record before it is signed."""


def padded(length: int) -> int:
    return (length + 3) & ~3


class Journal:
    """device, first, count: see SectorRing.

    seq: number of the last record. dropped: records that made room before they were sent.
    damaged: places that could not be read.
    """

    def __init__(self, device, first: int, count: int):
        self._ring = SectorRing(device, first, count, _MAGIC)
        self._head = bytearray(_HEAD_BYTES)
        self.seq = 0
        self.dropped = 0
        self._passed = 0  # number of the record read last on the way to the unsent
        self.damaged = self._ring.damaged
        self._end = self._ring.size  # where the next record goes in the newest sector
        self._cursor = None  # of the oldest record that may be unsent: (sector, offset)
        self._load()

    def append(self, kind: int, payload: bytes, seq: int) -> bool:
        """Write one record. Return False if no erased room is left: keep it, ask again later.

        Raises ValueError if payload is longer than LONGEST.
        """
        if not 0 < len(payload) <= LONGEST:
            raise ValueError("journal: a record of %d bytes, at most %d" % (len(payload), LONGEST))
        size = _HEAD_BYTES + padded(len(payload))
        if self._ring.failed:
            return False
        if self._end + size > self._ring.size:
            if self._ring.begin() < 0:
                return False
            self._end = HEAD
        place = (self._ring.newest, self._end)
        self._end += size
        if not self._ring.program(place[0], place[1], packed(kind, payload, seq)):
            return False
        self.seq = max(self.seq, seq)
        self._cursor = self._cursor or place
        return True

    def peek(self):
        """Return (kind, payload, place) of the oldest unsent record, or None."""
        while self._cursor and self._cursor != (self._ring.newest, self._end):
            sector, at = self._cursor
            found = self._next_whole(sector, at)
            if found is None:
                self._leave(sector)
                continue
            is_gap = found[0] != at
            at, kind, sent, payload = found
            if kind not in NEVER_SENT:
                self._count_missing(is_gap, sent)
            if sent != _SENT and kind not in NEVER_SENT:
                self._cursor = (sector, at)
                return kind, payload, (sector, at, self._ring.numbers[sector])
            self._cursor = (sector, after(found))
        return None

    def done(self, place):
        """The record at place has arrived. Marking it twice, or after it made room, is nothing."""
        sector, at, number = place
        if self._cursor != (sector, at) or self._ring.numbers[sector] != number:
            return
        length = self._length_at(sector, at)
        self._ring.program(sector, at + _SENT_AT, b"\0")
        self._cursor = (sector, at + _HEAD_BYTES + padded(length))

    def prepare(self) -> bool:
        """Erase one sector ahead, slow. Return False when nothing is left to do."""
        ring = self._ring
        if ring.erase_damaged():
            return True
        ahead = ring.ahead()
        if ahead >= ring.count // AHEAD_SHARE:
            return False
        sector = ring.next_to_erase()
        if ring.numbers[sector] > 0 and not ring.spent[sector]:
            if ahead >= min(_FEWEST_AHEAD, ring.count // AHEAD_SHARE):
                return False
            self._drop(sector)
        return ring.erase_one()

    def newest_first(self):
        """Yield (kind, seq, payload) from the newest record back."""
        for sector in reversed(self._ring.in_order()):
            for at, kind, _, payload in reversed(list(self._records(sector))):
                yield kind, self._seq_at(sector, at), payload

    def around(self, seq: int):
        """Yield the payloads of the events of those sectors where number seq can be."""
        order = self._ring.in_order()
        low, high = 0, len(order)
        while high - low > 1:  # the last sector that begins before seq
            middle = (low + high) // 2
            first = self._next_whole(order[middle], HEAD)
            if first and self._seq_at(order[middle], first[0]) < seq:
                low = middle
            else:
                high = middle
        for sector in order[low : low + 2]:
            for _, kind, _, payload in self._records(sector):
                if kind == EVENT:
                    yield payload

    def has_room(self) -> bool:
        """Return whether the longest record can be programmed without an erase."""
        return self._ring.ahead() > 0

    def failed(self) -> bool:
        """Return whether the chip refused an operation: nothing is written any more."""
        return self._ring.failed

    def _leave(self, sector):
        """All of the sector is sent: go on with the one begun after it."""
        if sector == self._ring.newest:
            self._cursor = (sector, self._end)
            return
        if not self._ring.spent[sector]:
            self._ring.spend(sector)
        order = self._ring.in_order()
        self._cursor = (order[order.index(sector) + 1], HEAD)

    def _count_missing(self, is_gap: bool, sent: int):
        """Judge the record just read: is anything missing before it?

        What a cut tore is not; what is missing before a sent one was counted when it was sent.
        """
        seq = struct.unpack_from("<I", self._head, 4)[0]
        if sent != _SENT:
            self.damaged += is_gap or 0 < self._passed < seq - 1
        self._passed = seq

    def _drop(self, sector):
        """Count what was not sent in a sector that must make room."""
        for _, kind, sent, _ in self._records(sector):
            self.dropped += sent != _SENT and kind not in NEVER_SENT
        if self._cursor and self._cursor[0] == sector:
            self._passed = 0
            self._leave(sector)

    def _records(self, sector):
        """Yield (offset, kind, sent, payload) of every whole record of a sector."""
        found = self._next_whole(sector, HEAD)
        while found:
            yield found
            found = self._next_whole(sector, after(found))

    def _load(self):
        """Find the end, the last number and where unsent records may begin."""
        order = self._ring.in_order()
        for sector in reversed(order):
            if self._last_of(sector):
                break
        unsent = [sector for sector in order if not self._ring.spent[sector]]
        self._cursor = (unsent[0], HEAD) if unsent else None

    def _last_of(self, sector):
        """Take over the number of the sector's last record; for the newest find its end."""
        at, last = HEAD, 0
        for found in self._records(sector):
            last = self._seq_at(sector, found[0])
            at = after(found)
        if sector == self._ring.newest:
            self._end = at if self._is_blank(sector, at) else self._ring.size
        self.seq = max(self.seq, last)
        return last

    def _is_blank(self, sector, at):
        piece = bytearray(64)
        while at < self._ring.size:
            piece = piece[: self._ring.size - at]
            self._ring.read(sector, at, piece)
            if piece.count(b"\xff") != len(piece):
                return False
            at += len(piece)
        return True

    def _next_whole(self, sector, at):
        """Return (offset, kind, sent, payload) of the first whole record from at on, or None."""
        while at + _HEAD_BYTES < self._ring.size:
            self._ring.read(sector, at, self._head)
            length, kind, sent, _, crc = struct.unpack("<HBBII", self._head)
            if 0 < length <= min(LONGEST, self._ring.size - at - _HEAD_BYTES):
                payload = bytearray(length)
                self._ring.read(sector, at + _HEAD_BYTES, payload)
                if crc == checksum(self._head, payload):
                    return at, kind, sent, bytes(payload)
            elif self._head == BLANK_HEAD and self._is_blank(sector, at):
                return None
            at += 4
        return None

    def _length_at(self, sector, at):
        self._ring.read(sector, at, self._head)
        return struct.unpack_from("<H", self._head, 0)[0]

    def _seq_at(self, sector, at):
        self._ring.read(sector, at, self._head)
        return struct.unpack_from("<I", self._head, 4)[0]


def after(found) -> int:
    """Return the offset behind a record."""
    return found[0] + _HEAD_BYTES + padded(len(found[3]))


def checksum(head, payload) -> int:
    """Return the CRC of a record: all but the sent mark and the CRC itself."""
    return crc32(payload, crc32(bytes(head[:_SENT_AT]) + bytes(head[4:8])))


def packed(kind, payload, seq) -> bytearray:
    """Return a record as it goes to the flash, made in one piece: a chip's heap has few large."""
    size = len(payload)
    record = bytearray(_HEAD_BYTES + padded(size))
    struct.pack_into("<HBBI", record, 0, size, kind, UNSENT, seq)
    struct.pack_into("<I", record, 8, checksum(record, payload))
    record[_HEAD_BYTES : _HEAD_BYTES + size] = payload
    for at in range(_HEAD_BYTES + size, len(record)):
        record[at] = BLANK
    return record
