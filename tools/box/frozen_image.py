"""An image of MicroPython that has the application frozen, packed for a board's flash.

The boot loader and the application are taken from it; the partitions are ours. From 8 MB on there
are two for applications, so that an update goes into the other one; on 4 MB there is one, and an
update comes by cable. Layouts: ESP-IDF's partition tables, its OTA data partition and its image
format.
"""

import functools
import hashlib
import operator
import struct

from box import bundle, image, pool, stamp
from box.compiled import VERSION, BuildError

KB = image.KB
APP, DATA = image.APP, image.DATA
APP_BYTES = 2_304 * KB  # an official image has 1.7 MB, the frozen application is to add 0.2
OTADATA = ("otadata", DATA, 0x00, 0xD000, 8 * KB)
SMALL = (
    *image.FIRST,
    ("factory", APP, 0x00, image.FACTORY_AT, APP_BYTES),
    ("vfs", DATA, 0x81, 0x250000, 960 * KB),
    ("journal", DATA, 0x06, 0x340000, 768 * KB),
)
LARGE = (  # vfs has room for an image on its way; the journal lies where modules have it
    ("nvs", DATA, 0x02, 0x9000, 16 * KB),
    OTADATA,
    image.FIRST[1],
    ("ota_0", APP, 0x10, image.FACTORY_AT, APP_BYTES),
    ("vfs", DATA, 0x81, 0x250000, 2_752 * KB),
    ("journal", DATA, 0x06, 0x500000, 768 * KB),
    ("ota_1", APP, 0x11, 0x5C0000, APP_BYTES),
)
TABLES = {4: SMALL, 8: LARGE, 16: LARGE}
IMAGE = "app.bin"  # firmware/update/bundle.py
CHECKSUM = 0xEF
MOST_SEGMENTS = 16


def is_by_cable(flash_mb: int) -> bool:
    """Return whether a flash of so many megabytes has one partition for applications only."""
    return OTADATA not in TABLES[flash_mb]


def made(board, base: bytes, is_unproven: bool = False) -> dict:
    """Return {file: bytes}: the whole flash, the application alone, and its unsigned bundle.

    board: a board's module. base: an image from the boot loader on, as MicroPython's build leaves
    it in firmware.bin. Raises BuildError. is_unproven: also for a chip without the memory.
    """
    from box import firmware

    if not is_unproven:
        pool.check(board, pool.FROZEN)
    flash_mb = firmware.flash_of(board)
    app = application(board, base)
    files = {
        board.NAME + ".bin": flashable(base, app, board.CHIP, flash_mb),
        board.NAME + ".app.bin": app,
    }
    if not is_by_cable(flash_mb):  # an update can reach it
        facts = bundle.facts(firmware.version(), board.NAME, board.CHIP, firmware.BASE, VERSION)
        files[board.NAME + ".bundle"] = bundle.unsigned(facts, {IMAGE: app})
    return files


def bundled(board, base: bytes) -> dict:
    """Return {name: bytes} of what an update of a frozen box carries. Raises BuildError."""
    from box import firmware

    if is_by_cable(firmware.flash_of(board)):
        raise BuildError("%s: updates by cable: one application partition" % board.NAME)
    return {IMAGE: application(board, base)}


def application(board, base: bytes) -> bytes:
    """Return the application image in base, proven to be this checkout's for the board."""
    image.check_base(base, board.CHIP)
    at = app_at(base, board.CHIP)
    app = base[at : at + app_bytes(base, at)]
    image.check_chip(app, board.CHIP)
    there = stamp.found(app)
    if there is None:
        raise BuildError("BASE: no application is frozen in it")
    stamp.check(there, board.NAME)
    if len(app) > APP_BYTES:
        raise BuildError("BASE: an application of %d bytes, room for %d" % (len(app), APP_BYTES))
    return app


def app_at(base: bytes, chip: str) -> int:
    """Return where in base the first application starts, by base's own partition table."""
    shift, size = image.BOOTLOADER_AT[chip], struct.calcsize(image.ENTRY)
    table = image.TABLE_AT - shift
    for at in range(table, table + image.TABLE_SIZE, size):
        mark, kind, _, start = struct.unpack_from("<2sBBI", base, at)
        if mark == image.MARK and kind == APP:
            return start - shift
    raise BuildError("BASE: no application partition in its table")


def app_bytes(base: bytes, at: int) -> int:
    """Return the size of the image at `at`. Raises BuildError unless it is whole."""
    try:
        return whole_bytes(memoryview(base)[at:])
    except (struct.error, IndexError):
        raise BuildError("BASE: its application ends too early") from None


def whole_bytes(app) -> int:
    if app[0] != image.IMAGE_MAGIC or not 0 < app[image.SEGMENTS_AT] <= MOST_SEGMENTS:
        raise BuildError("BASE: no application at the place of one")
    size, checksum = image.HEADER, CHECKSUM
    for _ in range(app[image.SEGMENTS_AT]):
        length = struct.unpack_from("<I", app, size + 4)[0]
        checksum ^= functools.reduce(operator.xor, app[size + 8 : size + 8 + length], 0)
        size += 8 + length
    size = (size | 15) + 1
    if app[size - 1] != checksum:
        raise BuildError("BASE: its application is spoilt: the checksum is wrong")
    if app[image.HAS_HASH_AT]:
        end = size + image.HASH
        if hashlib.sha256(app[:size]).digest() != bytes(app[size:end]):
            raise BuildError("BASE: its application is spoilt: the hash is wrong")
        size = end
    return size


def flashable(base: bytes, app: bytes, chip: str, flash_mb: int) -> bytes:
    """Return the flash from the boot loader to the end of the file system, which is empty.

    otadata is blank: then the boot loader starts the first application.
    """
    shift, table = image.BOOTLOADER_AT[chip], TABLES
    whole = bytearray(base[: image.TABLE_AT - shift])
    image.set_flash_size(whole, flash_mb)
    whole += image.partition_table(flash_mb, table)
    whole = whole.ljust(image.FACTORY_AT - shift, b"\xff") + app
    vfs_at = image.places(flash_mb, table)["vfs"][0]
    return bytes(whole.ljust(vfs_at - shift, b"\xff")) + image.file_system({}, flash_mb, table)


def report(board, files: dict) -> str:
    """Return the sizes, one line a file, and how updates reach such a box."""
    from box import firmware

    lines = ["%8d  %s" % (len(content), path) for path, content in files.items()]
    app = len(files[board.NAME + ".app.bin"])
    lines.append("the application is frozen: %d bytes of %d" % (app, APP_BYTES))
    by_cable = is_by_cable(firmware.flash_of(board))
    way = "by cable: one app partition" if by_cable else "into the other app partition"
    return "\n".join([*lines, "updates: " + way, pool.report(board)])
