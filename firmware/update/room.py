"""Is there room for a bundle twice: as it comes, and again as the slot that it becomes?"""

import os

FOLDER = 0x4000  # of a directory's entry
SPARE_BYTES = 32_768  # stays free for config, certificates and the file system itself
PAIR = 2  # blocks of a folder


def check_download(root: str, size: int, have: int) -> int:
    """Raise ValueError unless a bundle of size bytes fits. Return the bytes that are there for it.

    have: bytes on the flash that count among the size, or that go before it comes.
    """
    room = free_bytes(root) + have - SPARE_BYTES
    if size > room:
        raise ValueError("update: %d bytes, room for %d" % (size, room))
    return room


def check_room(root: str, spare: str, size: int, have: int, slot: int):
    """Raise ValueError unless a bundle of size bytes and then a slot of `slot` bytes fit.

    spare: the slot that is emptied for it. have: as above.
    """
    room = check_download(root, size, have) + taken(spare, block_bytes(root)) - size
    if slot > room:
        raise ValueError("update: %d bytes when installed, room for %d" % (slot, room))


def slot_bytes(root: str, bundle, file) -> int:
    """Return what a bundle's files take on the flash, in whole blocks."""
    block = block_bytes(root)
    blocks = -(-bundle.manifest_bytes() // block) + 1  # and the mark
    folders = {""}
    for _, size, name in bundle.files(file):
        blocks += -(-size // block)
        folders.add(name[: name.rfind("/") + 1])
    return (blocks + PAIR * len(folders)) * block


def taken(path: str, block: int) -> int:
    """Return what a folder and all in it give back when it is removed, in bytes; 0 if absent."""
    try:
        entries = list(os.ilistdir(path))
    except OSError:
        return 0
    total = PAIR * block
    for entry in entries:
        inner = path + "/" + entry[0]
        if entry[1] == FOLDER:
            total += taken(inner, block)
        else:
            total += os.stat(inner)[6] // block * block  # a rest may lie in the folder
    return total


def block_bytes(root: str) -> int:
    return os.statvfs(root)[0]


def free_bytes(root: str) -> int:
    """Return the bytes that are free on the file system of root."""
    facts = os.statvfs(root)
    return facts[0] * facts[4]  # bytes of a block, blocks free for us
