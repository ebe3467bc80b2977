"""Which application is frozen into an image of MicroPython: a text that is found in its bytes.

    wallbox:<board>:<version>:<SHA-256 of the sources>

The sources are all of firmware/ and the board's board.py, so the text is a function of them only.
"""

import hashlib
import os
import re
from typing import NamedTuple

from box import board as boards
from box.compiled import FIRMWARE, BuildError
from box.mpy import ROOT

PLACE = ROOT / "build/frozen/_stamp.py"  # the boards' manifest.py freezes what is in this folder
PATTERN = re.compile(rb"wallbox:([a-z0-9_]+):(\d+\.\d+\.\d+):([0-9a-f]{64})(?![0-9a-f])")


class Stamp(NamedTuple):
    """What a stamp says. digest: of the sources, in hexadecimal digits."""

    board: str
    version: str
    digest: str

    def text(self) -> str:
        return "wallbox:%s:%s:%s" % self


def of(board: str) -> Stamp:
    """Return the stamp of this checkout's application for a board."""
    from box.firmware import version  # which packs what is stamped here

    files = {path.relative_to(FIRMWARE).as_posix(): path for path in FIRMWARE.rglob("*.py")}
    sources = [files[name] for name in sorted(files)] + [boards.BOARDS / board / "board.py"]
    digest = hashlib.sha256()
    for name, path in zip([*sorted(files), "board.py"], sources):
        content = path.read_bytes()
        digest.update(b"%s %d\n" % (name.encode(), len(content)) + content)
    return Stamp(board, version(), digest.hexdigest())


def write(board: str) -> str:
    """Leave the module that the board's manifest.py freezes at PLACE. Return the stamp's text."""
    text = of(board).text()
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    beside = PLACE.with_suffix(".new")
    beside.write_text('TEXT = "%s"\n' % text)
    os.replace(beside, PLACE)
    return text


def found(image: bytes) -> Stamp | None:
    """Return the stamp in an image, None if no application is frozen into it."""
    stamps = {Stamp(*(part.decode() for part in parts)) for parts in PATTERN.findall(image)}
    if len(stamps) > 1:
        raise BuildError("BASE: has %d applications frozen" % len(stamps))
    return stamps.pop() if stamps else None


def check(there: Stamp, board: str):
    """Raise BuildError unless what is frozen is this checkout's application for the board."""
    here = of(board)
    for what, theirs, ours in zip(("board", "version"), there, here):
        if theirs != ours:
            raise BuildError("BASE: %s %s is frozen in it, this is %s" % (what, theirs, ours))
    if there.digest != here.digest:
        raise BuildError(
            "BASE: other sources are frozen in it than these: %s..., these have %s...; "
            "box stamp %s and build it again" % (there.digest[:12], here.digest[:12], board)
        )
