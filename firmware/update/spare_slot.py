"""Where an update goes on a box that runs modules from a slot: into the slot that does not run.

The mark goes first and comes back last: whenever this is cut, the slot is none, and the one that
runs was never touched.
"""

import os

from slots import MANIFEST, MARK, digest_of, is_whole, replace

from update.acceptance import check_modules
from update.bundle import IMAGE, chunks
from update.room import check_room, slot_bytes

FOLDER = 0x4000


class SpareSlot:
    """chosen: slots.Slots. No update replaces slots.py: ask it only for what it always had."""

    def __init__(self, chosen):
        self._slots = chosen
        self._slot = chosen.spare()
        self._path = chosen.path(self._slot)

    def check_size(self, size: int, have: int):
        """Raise ValueError unless there is room for a bundle of size bytes and for its slot.

        have: bytes of a download that count among the size, or that go before it comes.
        """
        check_room(self._slots.root, self._path, size, have, size)

    def check(self, bundle, file, here, have: int):
        """Raise ValueError unless this bundle can be installed here. file: the bundle, opened.

        Its manifest tells what the slot will take: refuse it before the rest comes in vain.
        """
        check_modules(bundle.facts, here)
        for _, _, name in bundle.files(file):
            if name == IMAGE:
                raise ValueError("bundle: an image of a frozen application, this box runs modules")
        root = self._slots.root
        check_room(root, self._path, bundle.size, have, slot_bytes(root, bundle, file))

    def install(self, part: str, bundle):
        """Return the steps that fill the slot. part: path of the bundle's file.

        They raise OSError, and ValueError if the flash does not hold what was written.
        """
        return fill(part, bundle, self._path)

    def begin_trial(self, before: dict, version: str):
        """Let the slot run from the next reset on. version: told by the slot's own manifest."""
        self._slots.begin_trial(self._slot, before)


def fill(part: str, bundle, path: str):
    for step in clear(path):
        yield step
    os.mkdir(path)
    with open(part, "rb") as source:
        for _, size, name in bundle.files(source):
            make_folders(path, name)
            with open(path + "/" + name, "wb") as target:
                for chunk in chunks(source, size, name):
                    target.write(chunk)
                    yield
        with open(path + "/" + MANIFEST, "wb") as target:
            for piece in bundle.manifest(source):
                target.write(piece)
                yield
    replace(path + "/" + MARK, digest_of(path + "/" + MANIFEST))
    if not is_whole(path):
        os.remove(path + "/" + MARK)
        raise ValueError("update: the flash does not hold what was written")


def clear(path: str):
    """Remove a folder and all in it, the mark first."""
    try:
        entries = list(os.ilistdir(path))
    except OSError:
        return  # there is none
    entries.sort(key=lambda entry: entry[0] != MARK)
    for entry in entries:
        inner = path + "/" + entry[0]
        if entry[1] == FOLDER:
            for step in clear(inner):
                yield step
        else:
            os.remove(inner)
            yield
    os.rmdir(path)


def make_folders(path: str, name: str):
    for folder in name.split("/")[:-1]:
        path += "/" + folder
        try:
            os.stat(path)
        except OSError:
            os.mkdir(path)
