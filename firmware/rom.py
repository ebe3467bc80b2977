"""The application where its bytecode runs from the flash, instead of lying in the heap.

A module that is imported from LittleFS is read into the heap; from a ROM file system only its
objects are. MicroPython has one from 1.25 on when it is built with MICROPY_VFS_ROM, in a partition
called "romfs"; its own images for the ESP32 are not. Stands beside slots.py. What is there is a
copy of the slot that runs, compared with it byte by byte at every start, and written anew when it
is another's, torn or spoilt; without such a partition, or if it takes no copy, the slot itself
runs as ever.

Format and partition: docs.micropython.org, reference/romfs and library/vfs, rom_ioctl().
"""

import os

import vfs

PLACE = "/rom"  # MicroPython mounts it there, too, before boot.py
HEADER = b"\xd2\xcd\x31"
VERBATIM, FOLDER, FILE = 2, 4, 5  # kinds of records
DEVICE = 2  # of rom_ioctl
BLOCK_COUNT, BLOCK_SIZE, ERASE = 4, 5, 6  # of a block device's ioctl
IS_FOLDER = 0x4000  # of os.stat
PIECE_BYTES = 1_024


def copy_of(path: str) -> str:
    """Return where to import the application of the slot at path from; "" if there is no copy."""
    try:
        device = vfs.rom_ioctl(DEVICE, 0)  # or an errno, which has no ioctl: there is no partition
        parts, size = image(path)
        unmount()
        if not is_copy(device, parts, size):
            write(device, parts, size)
            if not is_copy(device, parts, size):
                return ""
        file_system = vfs.VfsRom(device)  # pyright: ignore[reportAttributeAccessIssue], no stub yet
        vfs.mount(file_system, PLACE)
        return PLACE
    except Exception:  # whatever is wrong with the copy, the slot itself still runs
        return ""


def unmount():
    try:
        vfs.umount(PLACE)
    except OSError:
        return  # was not mounted


def is_copy(device, parts: list, size: int) -> bool:
    """Return whether the device begins with the image() of these parts, to the last bit."""
    block = device.ioctl(BLOCK_SIZE, 0)
    if size > block * device.ioctl(BLOCK_COUNT, 0):
        return False
    found = memoryview(bytearray(PIECE_BYTES))
    for at, piece in pieces(parts):
        there = found[: len(piece)]
        device.readblocks(at // block, there, at % block)
        if bytes(there) != piece:
            return False
    return True


def write(device, parts: list, size: int):
    """Write an image(). Raises OSError when it does not fit or the flash refuses.

    The header comes last: a cut leaves no file system, and the next start begins again.
    """
    block = device.ioctl(BLOCK_SIZE, 0)
    blocks = -(-size // block)
    if blocks > device.ioctl(BLOCK_COUNT, 0):
        raise OSError("%d bytes do not fit" % size)
    for k in range(blocks):
        device.ioctl(ERASE, k)
    for at, piece in pieces(parts):
        if at:
            device.writeblocks(at // block, piece, at % block)
    device.writeblocks(0, parts[0], 0)


def image(path: str) -> tuple:
    """Return (parts, their bytes in all) of the file system that holds the folder at path.

    parts: list of bytes as they are, the header first, and of the paths of files.
    """
    parts, size = records(path)
    length = number(size)
    if (len(HEADER) + len(length) + size) % 2:  # all of it is even
        length = b"\x80" + length
    head = HEADER + length
    return [head] + parts, len(head) + size


def records(path: str) -> tuple:
    """Return (parts, their bytes in all) of a folder's content."""
    parts, size = [], 0
    for name in sorted(os.listdir(path)):
        inner = path + "/" + name
        if os.stat(inner)[0] & IS_FOLDER:
            kind, (content, length) = FOLDER, records(inner)
        else:
            length = os.stat(inner)[6]
            start = number(VERBATIM) + number(length)
            kind, content, length = FILE, [start, inner], len(start) + length
        title = name.encode()
        title = number(len(title)) + title
        head = number(kind) + number(len(title) + length) + title
        parts += [head] + content
        size += len(head) + length
    return parts, size


def number(value: int) -> bytes:
    """Return value in groups of 7 bits, the highest first; all but the last have their top set."""
    groups = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        groups.insert(0, value & 0x7F | 0x80)
    return bytes(groups)


def pieces(parts: list):
    """Yield (where it belongs, bytes) of everything in an image()."""
    at = 0
    for part in parts:
        if isinstance(part, bytes):
            yield at, part
            at += len(part)
            continue
        with open(part, "rb") as file:
            piece = file.read(PIECE_BYTES)
            while piece:
                yield at, piece
                at += len(piece)
                piece = file.read(PIECE_BYTES)
