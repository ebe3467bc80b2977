"""A chip's flash with app partitions, and the boot loader that chooses between them.

Modelled on ESP-IDF: its pages on over-the-air updates and on the image format, and what
bootloader_utility.c and esp_ota_ops.c do. `otadata` has an entry in each of its two sectors; the
valid one with the higher sequence counts, and without any the first app partition runs. An image
runs only if its checksum and its hash are right, else another one does. With rollback, an
application that was chosen and not marked valid by the next reset is not chosen again.
"""

import struct
from binascii import crc32
from hashlib import sha256

from plant.flash import BLOCK_ERASE, SECTOR

APP, DATA = 0, 1
OTADATA, FACTORY, FIRST_OTA = 0x00, 0x00, 0x10  # subtypes, of data and of applications
NEW, PENDING, VALID, INVALID, ABORTED, UNDEFINED = 0, 1, 2, 3, 4, 0xFFFF_FFFF  # states
ENTRY, LABEL = "<I20sII", b"\xff" * 20  # sequence, label, state, check of the sequence
BLANK = 0xFFFF_FFFF
MAGIC, HEADER, SEGMENT, CHECKSUM, HASHED_AT = 0xE9, 24, "<II", 0xEF, 23
ENOENT, VALIDATE_FAILED, NOT_SUPPORTED = 2, 0x1503, 261


class AppFlash:
    """flash: plant.flash.Flash. table: rows of (label, type, subtype, first sector, sectors).

    rollback: whether the boot loader goes back by itself. running: label of what it started last.
    """

    def __init__(self, flash, table, rollback: bool):
        self.flash = flash
        self.table = table
        self.rollback = rollback
        self.running = ""
        self._apps = [row for row in table if row[1] == APP and row[2] >= FIRST_OTA]
        self._apps.sort(key=lambda row: row[2])
        found = [row for row in table if row[1:3] == (DATA, OTADATA)]
        self._otadata = found[0][3] if found else None  # its first sector

    def boot(self) -> str:
        """Start an application, as after any reset. Return its label; "" if none is whole."""
        start, is_new = self._selected()
        factory = [row for row in self.table if row[1:3] == (APP, FACTORY)]
        order = list(reversed(self._apps[: start + 1])) + factory + self._apps[start + 1 :]
        self.running = ""
        for row in order:
            if self.is_image(row):
                if is_new and row in self._apps:
                    self._write(0, row[2] - FIRST_OTA + 1, VALID)
                self.running = row[0]
                break
        return self.running

    def _selected(self):
        """Return the number of the app partition that otadata names, and whether it is blank.

        Without otadata, or with none that is valid, the number is -1: none by name.
        """
        if self._otadata is None:
            return -1, False
        for k, entry in enumerate(self._entries()):
            if self.rollback and entry[2] == PENDING:
                self._write(k, entry[0], ABORTED)
        entries = self._entries()
        active = active_of(entries)
        if active is not None:
            sequence, _, state, _ = entries[active]
            if self.rollback and state == NEW:
                self._write(active, sequence, PENDING)
            return (sequence - 1) % len(self._apps), False
        if any(not is_out(entry) for entry in entries):  # spoilt: all are tried
            return -1, False
        return 0, all(entry[0] == BLANK or not is_checked(entry) for entry in entries)

    def row(self, label: str):
        for row in self.table:
            if row[0] == label:
                return row
        raise OSError(ENOENT)

    def boot_label(self) -> str:
        """Return what otadata names: esp_ota_get_boot_partition()."""
        if self._otadata is None:
            raise OSError(ENOENT)
        entries = self._entries()
        active = active_of(entries)
        number = 0 if active is None else (entries[active][0] - 1) % len(self._apps)
        return self._apps[number][0]

    def next_update(self) -> str:
        if not self._apps:
            raise OSError(ENOENT)
        labels = [row[0] for row in self._apps]
        at = labels.index(self.running) + 1 if self.running in labels else 0
        return labels[at % len(labels)]

    def select(self, label: str):
        """Let it run from the next reset on: esp_ota_set_boot_partition()."""
        row = self.row(label)
        if not self.is_image(row):
            raise OSError(-VALIDATE_FAILED)
        if self._otadata is None:
            raise OSError(ENOENT)
        entries, number, count = self._entries(), row[2] - FIRST_OTA, len(self._apps)
        active = active_of(entries)
        state = NEW if self.rollback else UNDEFINED
        if active is None:
            self._write(0, number + 1, state)
            return
        sequence = number + 1
        while sequence < entries[active][0]:
            sequence += count
        self._write(1 - active, sequence, state)

    def mark_valid(self):
        if not self.rollback or self._otadata is None:
            raise OSError(-NOT_SUPPORTED)
        entries = self._entries()
        active = active_of(entries)
        if active is None:
            raise OSError(-1)
        if entries[active][2] != VALID:
            self._write(active, entries[active][0], VALID)

    def is_image(self, row) -> bool:
        """Return whether a partition holds a whole image: segments, checksum, hash."""
        at, most = row[3] * SECTOR, row[4] * SECTOR
        head = self._read(at, HEADER)
        if head[0] != MAGIC or not 1 <= head[1] <= 16:
            return False
        size, checksum = HEADER, CHECKSUM
        for _ in range(head[1]):
            length = struct.unpack(SEGMENT, self._read(at + size, 8))[1]
            if size + 8 + length > most:
                return False
            for byte in self._read(at + size + 8, length):
                checksum ^= byte
            size += 8 + length
        size += 16 - size % 16
        if size + 32 > most or self._read(at + size - 1, 1)[0] != checksum:
            return False
        if not head[HASHED_AT]:
            return True
        return sha256(self._read(at, size)).digest() == self._read(at + size, 32)

    def _read(self, at, length):
        piece = bytearray(length)
        self.flash.readblocks(at // SECTOR, piece, at % SECTOR)
        return bytes(piece)

    def _entries(self):
        at = self._otadata * SECTOR
        return [struct.unpack(ENTRY, self._read(at + k * SECTOR, 32)) for k in (0, 1)]

    def _write(self, k, sequence, state):
        content = struct.pack(ENTRY, sequence, LABEL, state, check_of(sequence))
        self.flash.ioctl(BLOCK_ERASE, self._otadata + k)
        self.flash.writeblocks(self._otadata + k, content, 0)


def check_of(sequence):
    return crc32(struct.pack("<I", sequence), BLANK)


def is_checked(entry):
    return entry[3] == check_of(entry[0])


def is_out(entry):
    return entry[0] == BLANK or entry[2] in (INVALID, ABORTED)


def active_of(entries):
    """Return which entry counts, None if none of them does."""
    found = [
        (entry[0], k) for k, entry in enumerate(entries) if not is_out(entry) and is_checked(entry)
    ]
    return max(found)[1] if found else None
