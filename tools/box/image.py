"""The flash of a board as one file: partition table, file system, journal.

The size of the flash chooses the table. The application's two slots are the folders a and b of the
file system, chosen by boot.py; the journal is a raw partition that no file system touches
(firmware/storage/flash_store.py). The journal lies last, so that an image never reaches it.
"""

import hashlib
import struct
from pathlib import Path

from littlefs import LittleFS, LittleFSError

from box.compiled import BuildError

SECTOR = 4_096
TABLE_AT = 0x8000
BOOTLOADER_AT = {"esp32": 0x1000, "esp32s2": 0x1000, "esp32s3": 0}
CHIP_IDS = {"esp32": 0, "esp32s2": 2, "esp32s3": 9}  # of the extended header, esptool
IMAGE_MAGIC, CHIP_ID_AT = 0xE9, 12
SIZE_AT, SIZES = 3, {4: 2, 8: 3, 16: 4}  # upper half of this byte: code of so many MB, esptool
SEGMENTS_AT, HAS_HASH_AT, HEADER, HASH = 1, 23, 24, 32
APP, DATA = 0, 1
KB = 1_024
FACTORY_AT = 0x10000
FIRST = (("nvs", DATA, 0x02, 0x9000, 24 * KB), ("phy_init", DATA, 0x01, 0xF000, 4 * KB))
SMALL = (  # factory starts where the official image has it and ends 128 KB earlier
    *FIRST,
    ("factory", APP, 0x00, FACTORY_AT, 1_856 * KB),
    ("vfs", DATA, 0x81, 0x1E0000, 1_408 * KB),
    ("journal", DATA, 0x06, 0x340000, 768 * KB),
)
LARGE = (  # factory as the official image has it; what lies behind 0x5C0000 is free
    *FIRST,
    ("factory", APP, 0x00, FACTORY_AT, 1_984 * KB),
    ("vfs", DATA, 0x81, 0x200000, 3_072 * KB),
    ("journal", DATA, 0x06, 0x500000, 768 * KB),
)
# MB of flash: rows of label, type, subtype, start, size: ESP-IDF's partition table
TABLES = {4: SMALL, 8: LARGE, 16: LARGE}
ENTRY = "<2sBBII16sI"
MARK, SUM_MARK = b"\xaaP", b"\xeb\xeb" + b"\xff" * 14
TABLE_SIZE = 0xC00


def places(flash_mb: int, tables: dict = TABLES) -> dict:
    """Return {label: (start, size)} of the partitions on a flash of so many megabytes."""
    return {label: (start, size) for label, _, _, start, size in tables[flash_mb]}


def partition_table(flash_mb: int, tables: dict = TABLES) -> bytes:
    """Return the table as the boot loader reads it: entries, then their MD5."""
    entries = b"".join(
        struct.pack(ENTRY, MARK, kind, subtype, start, size, label.encode(), 0)
        for label, kind, subtype, start, size in tables[flash_mb]
    )
    return (entries + SUM_MARK + hashlib.md5(entries).digest()).ljust(TABLE_SIZE, b"\xff")


def file_system(files: dict, flash_mb: int, tables: dict = TABLES) -> bytes:
    """Return the vfs partition with {path: bytes} in it. Raises BuildError when it is full.

    Geometry: MicroPython's VfsLfs2 defaults; disk version 2.0, which every version mounts.
    """
    disk = LittleFS(
        block_size=SECTOR,
        block_count=places(flash_mb, tables)["vfs"][1] // SECTOR,
        read_size=32,
        prog_size=32,
        cache_size=128,
        lookahead_size=32,
        disk_version=0x00020000,
    )
    for path, content in sorted(files.items()):
        if "/" in path:
            disk.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            with disk.open(path, "wb") as file:
                file.write(content)
        except LittleFSError as wrong:
            raise BuildError("file system: %s: %s" % (path, wrong)) from None
    return bytes(disk.context.buffer)


def flashable(base: bytes, vfs: bytes, chip: str, flash_mb: int) -> bytes:
    """Return an official MicroPython image with our partitions, from the boot loader on.

    Raises BuildError if base is no image, of another chip, or reaches into the file system.
    """
    check_base(base, chip)
    shift = BOOTLOADER_AT[chip]
    table_at, vfs_at = TABLE_AT - shift, places(flash_mb)["vfs"][0] - shift
    if len(base) > vfs_at:
        raise BuildError("BASE: %d bytes, its place ends at %d" % (len(base), vfs_at))
    image = bytearray(base.ljust(vfs_at, b"\xff"))
    set_flash_size(image, flash_mb)
    image[table_at : table_at + TABLE_SIZE] = partition_table(flash_mb)
    return bytes(image) + vfs


def set_flash_size(image: bytearray, flash_mb: int):
    """Tell the boot loader the size of the flash: it refuses a table that reaches beyond."""
    code = SIZES[flash_mb] << 4 | image[SIZE_AT] & 0x0F
    if image[SIZE_AT] == code:
        return
    image[SIZE_AT] = code
    if image[HAS_HASH_AT]:
        end = HEADER
        for _ in range(image[SEGMENTS_AT]):  # each: address, length, content
            end += 8 + struct.unpack_from("<I", image, end + 4)[0]
        end = (end | 15) + 1  # filled up to 16 bytes, the last one the checksum
        image[end : end + HASH] = hashlib.sha256(image[:end]).digest()


def blocks(size: int) -> int:
    """Return how many blocks of the file system a file of so many bytes takes."""
    return -(-size // SECTOR)


def check_base(base: bytes, chip: str):
    if len(base) < FACTORY_AT or base[0] != IMAGE_MAGIC:
        raise BuildError("BASE: not an ESP32 image")
    check_chip(base, chip)
    at = TABLE_AT - BOOTLOADER_AT[chip]
    if base[at : at + 2] != MARK:
        raise BuildError("BASE: no partition table at 0x%x" % TABLE_AT)


def check_chip(image: bytes, chip: str):
    """Raise BuildError unless the header of an image names this chip."""
    found = struct.unpack_from("<H", image, CHIP_ID_AT)[0]
    if found != CHIP_IDS[chip]:
        names = {number: name for name, number in CHIP_IDS.items()}
        raise BuildError("BASE: for %s, the board has %s" % (names.get(found, found), chip))


def read_base(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise BuildError("BASE: %s" % wrong) from None
