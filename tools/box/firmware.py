"""`make firmware`: a board's application, its file system and, given BASE, the chip's image."""

from pathlib import Path

from box import board as boards
from box import image
from box.compiled import FIRMWARE, OUTSIDE, BuildError, application

SLOTS = ("a", "b")
OUT = Path("build/firmware")
SLOT_BYTES = 400 * 1_024  # two slots, an update on its way and the config share 1 MB
APP_BYTES = image.PLACES["factory"][1]


def build(name: str, base: Path | None, out: Path) -> dict:
    """Leave application, vfs.img and, given an official image, BOARD.bin in out.

    Returns {file: bytes} of what was written; raises BuildError before it writes anything.
    """
    board = boards.load(name)
    parts = application(name, board.CHIP)
    check_budget(parts)
    made = {"vfs.img": image.file_system(first_files(parts))}
    if base is not None:
        made[name + ".bin"] = image.flashable(image.read_base(base), made["vfs.img"], board.CHIP)
    for path, content in {**{"application/" + p: c for p, c in parts.items()}, **made}.items():
        place = out / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return {**parts, **made}


def first_files(parts: dict) -> dict:
    """Return the file system of a new box: the application in slot a, boot.py beside it."""
    files = {"%s/%s" % (SLOTS[0], path): content for path, content in parts.items()}
    for name in OUTSIDE:
        files[name] = (FIRMWARE / name).read_bytes()
    return files


def check_budget(parts: dict):
    """Raises BuildError when the application is larger than a slot."""
    used = sum(image.blocks(len(content)) * image.SECTOR for content in parts.values())
    if used > SLOT_BYTES:
        raise BuildError("flash: the application takes %d bytes of %d" % (used, SLOT_BYTES))


def report(parts: dict) -> str:
    """Return the sizes, one line a file, largest first."""
    rows = sorted(parts.items(), key=lambda row: -len(row[1]))
    lines = ["%8d  %s" % (len(content), path) for path, content in rows]
    return "\n".join(lines)
