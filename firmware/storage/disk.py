"""The LittleFS that holds config and key, mounted whatever it looks like.

What MicroPython's own start does with a file system that it cannot mount is print a sentence for
ever (ports/esp32/modules/inisetup.py, fs_corrupted): no box. Here it is made anew, and the box
starts with what defaults allow. Unlike the journal it may hold its place by itself: every write
is to a new block, and a file is its old or its new content.
"""

from vfs import VfsLfs2, mount


def mounted(device, path: str) -> str:
    """Mount device at path. Return "", or one sentence if all that was there is lost."""
    try:
        mount(VfsLfs2(device), path)
        return ""
    except OSError as wrong:
        is_blank = is_erased(device)
        VfsLfs2.mkfs(device)
        mount(VfsLfs2(device), path)
        return "" if is_blank else "file system: %s; made anew" % wrong


def is_erased(device) -> bool:
    """Return whether the first block was never written: the box's first start."""
    head = bytearray(64)
    device.readblocks(0, head, 0)
    return head.count(b"\xff") == len(head)
