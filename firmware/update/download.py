"""What has come of a bundle so far: /update.part, and beside it a note of what it is to become.

Every piece is appended and closed, which LittleFS does whole or not at all: after a cut the
download goes on where the file ends.
"""

import json
import os
from binascii import crc32

from slots import replace

from update.constants import NOTE

PART = "update.part"
LARGEST = 1 << 22
FIELDS = ("version", "size", "sha256", "install", "url")


class Download:
    """root: folder of the files, ending in "/".

    size: of the whole bundle, 0 if there is none. have: bytes that came. install: it is to be
    installed once it is complete. sha256: tells it apart from any other bundle. url: where the
    box fetches it itself, or "".
    """

    def __init__(self, root: str):
        self.part = root + PART
        self._root = root
        self._forget()
        self._load()

    def begin(self, version: str, size: int, sha256: str, url: str, spare):
        """Start, or go on if it is this bundle that was begun. spare: where it is to go.

        Raises ValueError, OSError.
        """
        if (version, size, sha256) == (self.version, self.size, self.sha256):
            if url != self.url:
                self.url = url
                self._note()
            return
        if not 0 < size <= LARGEST:
            raise ValueError("update: %d bytes, at most %d" % (size, LARGEST))
        spare.check_size(size, self.have)
        self.drop()
        self.version, self.size, self.sha256, self.url = version, size, sha256, url
        self._note()

    def add(self, at: int, piece: bytes, checksum: int):
        """Append a piece; one that is already there is no error. Raises ValueError, OSError."""
        if crc32(piece) != checksum:
            raise ValueError("update: the piece at %d was damaged on its way" % at)
        if at + len(piece) <= self.have:
            return
        if at != self.have:
            raise ValueError("update: a piece at %d, wanted: at %d" % (at, self.have))
        if at + len(piece) > self.size:
            raise ValueError("update: longer than the %d bytes announced" % self.size)
        self.append(piece)

    def append(self, piece: bytes):
        """Append the next piece. Raises OSError."""
        with open(self.part, "ab") as file:
            file.write(piece)
        self.have += len(piece)

    def want(self):
        """Note that it is to be installed, over any restart."""
        if not self.install:
            self.install = True
            self._note()

    def drop(self):
        """Forget it. The bytes go first: a note without them is no download."""
        for path in (self.part, self._root + NOTE):
            try:
                os.remove(path)
            except OSError:
                continue  # was not there
        self._forget()

    def is_complete(self) -> bool:
        return 0 < self.size == self.have

    def _forget(self):
        self.version = self.sha256 = self.url = ""
        self.size = self.have = 0
        self.install = False

    def _note(self):
        note = {name: getattr(self, name) for name in FIELDS}
        replace(self._root + NOTE, json.dumps(note).encode())

    def _load(self):
        try:
            self.have = os.stat(self.part)[6]
            with open(self._root + NOTE) as file:
                note = json.load(file)
            for name in FIELDS:
                setattr(self, name, note[name])
        except (OSError, ValueError, KeyError, TypeError):
            self._forget()
