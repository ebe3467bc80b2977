"""The application where its bytecode runs from the flash, instead of lying in the heap.

A module that is imported from LittleFS is read into the heap; from a ROM file system only its
objects are. MicroPython has one from 1.25 on when it is built with MICROPY_VFS_ROM, in a partition
called "romfs"; its own images for the ESP32 are not. Stands beside slots.py. What is there is a
copy of the slot that runs, compared with it byte by byte at every start, and written anew when it
is another's, torn or spoilt; without such a partition, or if it takes no copy, the slot itself
runs as ever.

The partition's first block stays blank, for MicroPython mounts and searches what it finds there
before boot.py has opened the contactor, and would trip over a torn one.

Format and partition: docs.micropython.org, reference/romfs and library/vfs, rom_ioctl().
"""

import os

import vfs

PLACE = "/rom"
MARK = "/whole"  # in a slot: the hash of all that it holds, slots.py
REFUSED = "/rom.refused"  # mark of a slot of which the partition took no copy: once is enough
HEADER = b"\xd2\xcd\x31"
VERBATIM, FOLDER, FILE = 2, 4, 5  # kinds of records
DEVICE = 2  # of rom_ioctl
ERASE = 6  # of a block device's ioctl
IS_FOLDER = 0x4000  # of os.ilistdir
BLOCK = 4_096
PIECE_BYTES = 1_024


def copy_of(path: str) -> str:
    """Return where to import the application of the slot at path from; "" if there is no copy.

    Raises whatever a partition of another kind, or none, leads to.
    """
    unmount()
    device = vfs.rom_ioctl(DEVICE, 0)  # or an errno, which is no memory: there is no partition
    memory = memoryview(device)
    parts, size = image(path)
    if not is_copy(memory, parts):
        root = path.rpartition("/")[0]
        mark = content(path + MARK)
        if content(root + REFUSED) == mark:
            return ""
        try:
            write(device, len(memory), parts, size)
        except OSError:  # is no copy, either
            pass
        if not is_copy(memory, parts):
            with open(root + REFUSED, "wb") as file:
                file.write(mark)
            return ""
    file_system = vfs.VfsRom(memory[BLOCK:])  # pyright: ignore[reportAttributeAccessIssue], no stub
    vfs.mount(file_system, PLACE)
    return PLACE


def unmount():
    try:
        vfs.umount(PLACE)
    except OSError:
        return  # was not mounted


def content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def is_copy(memory, parts: list) -> bool:
    """Return whether the image() of these parts is in the memory that would run, to the last bit.

    memory: all of the partition as the chip maps it.
    """
    if bytes(memory[: len(HEADER)]) == HEADER:
        return False
    for at, piece in pieces(parts):
        if bytes(memory[at : at + len(piece)]) != piece:
            return False
    return True


def write(device, room: int, parts: list, size: int):
    """Write an image(). room: bytes of the device. Raises OSError when it does not take it."""
    blocks = -(-(BLOCK + size) // BLOCK)
    if blocks * BLOCK > room:
        raise OSError("%d bytes do not fit" % size)
    for k in range(blocks):
        device.ioctl(ERASE, k)
    for at, piece in pieces(parts):
        device.writeblocks(at // BLOCK, piece, at % BLOCK)


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
    entries = sorted(os.ilistdir(path))
    for name, mode, _, file_size in entries:  # pyright: ignore[reportAssignmentType], of LittleFS
        inner = path + "/" + name
        if mode & IS_FOLDER:
            kind, (held, length) = FOLDER, records(inner)
        else:
            start = number(VERBATIM) + number(file_size)
            kind, held, length = FILE, [start, inner], len(start) + file_size
        title = name.encode()
        title = number(len(title)) + title
        head = number(kind) + number(len(title) + length) + title
        parts += [head] + held
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
    """Yield (where it belongs in the partition, bytes) of everything in an image()."""
    at = BLOCK
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
