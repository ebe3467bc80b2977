"""`make firmware`: a board's application, its bundle, and the image that goes to the chip."""

import importlib.util
import os
from pathlib import Path

from box import board as boards
from box import bundle, frozen_image, image, pool, stamp
from box.compiled import FIRMWARE, VERSION, BuildError, application
from box.mpy import ROOT

SLOT = "a/"  # of a new box
BASE = "1.25.0"  # oldest MicroPython the application runs on
OUT = Path("build/firmware")
SPARE_BYTES = 32_768  # firmware/update/room.py leaves as much for config and certificates
HEAD_BLOCKS = 4  # of a bundle: its manifest and signature
LITTLE = "flash: two slots and an update on its way take %d bytes of %d on %d MB"


def build(
    name: str, base: Path | None, out: Path, chip: str = "", is_unproven: bool = False
) -> dict:
    """Leave bundle, vfs.img and, given an official MicroPython image, BOARD.bin in out.

    Where base has the application frozen it is packed as frozen_image.py says. Returns
    {file: bytes} of the application and of what was written; raises BuildError before anything is
    written. The bundle is not signed. chip: compile for another than the board's. is_unproven:
    also for a chip whose memory does not hold it.
    """
    board = boards.load(name)
    official = None if base is None else image.read_base(base)
    if official is not None and stamp.found(official):
        return written(frozen_image.made(board, official, is_unproven), out)
    if not is_unproven:
        pool.check(board, pool.MODULES)
    flash_mb = flash_of(board)
    parts = application(name, chip or board.CHIP)
    facts = bundle.facts(version(), board.NAME, board.CHIP, BASE, VERSION)
    files = first_files(name, facts, parts)
    check_flash(parts, files, flash_mb, is_unproven)
    made = {
        name + ".bundle": bundle.unsigned(facts, parts),
        "vfs.img": image.file_system(files, flash_mb),
    }
    if official is not None:
        made[name + ".bin"] = image.flashable(official, made["vfs.img"], board.CHIP, flash_mb)
    return {**parts, **written(made, out)}


def written(made: dict, out: Path) -> dict:
    """Leave {file: bytes} in the folder out, each whole or as before. Return it."""
    out.mkdir(parents=True, exist_ok=True)
    for path, content in made.items():
        beside = out / (path + ".new")
        beside.write_bytes(content)
        os.replace(beside, out / path)
    return made


def flash_of(board) -> int:
    """Return the megabytes of a board's flash."""
    return getattr(board, "FLASH_MB", min(image.TABLES))


def version() -> str:
    """Return the version in firmware/version.py."""
    spec = importlib.util.spec_from_file_location("version", FIRMWARE / "version.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.VERSION


def first_files(name: str, facts: dict, parts: dict) -> dict:
    """Return the file system of a new box: slot a whole, and what stands beside the slots."""
    files = {SLOT + path: content for path, content in bundle.slot_files(facts, parts).items()}
    for path, source in bundle.ROOT_FILES.items():
        files[path] = (ROOT / source).read_bytes()
    files["board.py"] = (boards.BOARDS / name / "board.py").read_bytes()
    return files


def check_flash(parts: dict, files: dict, flash_mb: int, is_unproven: bool = False):
    """Raise BuildError when the file system cannot hold two slots and an update on its way.

    parts: the application's; files: of a new box, with one slot. is_unproven: one slot will do.
    """
    wanted, there = wanted_bytes(parts, files), image.places(flash_mb)["vfs"][1]
    if wanted > there and not is_unproven:
        way = "; the way that can: FLASH_MB = 8 in board.py, on a chip that has it, or frozen"
        raise BuildError(LITTLE % (wanted, there, flash_mb) + way * (flash_mb < 8))


def wanted_bytes(parts: dict, files: dict) -> int:
    """Return the bytes of flash of two slots, an update on its way and what lies beside them."""
    beside = sum(
        image.blocks(len(content)) for path, content in files.items() if not path.startswith(SLOT)
    )
    own = beside * image.SECTOR + SPARE_BYTES
    return 2 * slot_bytes(parts) + way_bytes(parts) + own


def slot_bytes(parts: dict) -> int:
    """Return what an application takes on the flash: whole blocks, and two for each folder."""
    folders = {path.rpartition("/")[0] for path in parts} | {""}
    files = sum(image.blocks(len(content)) for content in parts.values())
    return (files + HEAD_BLOCKS + 2 * len(folders)) * image.SECTOR


def way_bytes(parts: dict) -> int:
    """Return what a bundle takes on the flash until it is installed."""
    return (image.blocks(sum(map(len, parts.values()))) + HEAD_BLOCKS) * image.SECTOR


def report(name: str, made: dict) -> str:
    """Return the sizes, largest first, one line a file, what they take of flash and memory."""
    board = boards.load(name)
    if name + ".app.bin" in made:
        return frozen_image.report(board, made)
    rows = sorted(made.items(), key=lambda row: -len(row[1]))
    lines = ["%8d  %s" % (len(content), path) for path, content in rows]
    parts = {path: content for path, content in rows if path.endswith(".mpy")}
    slot, way = slot_bytes(parts), way_bytes(parts)
    lines.append(
        "%d modules, %d bytes; on the flash 2 slots of %d and an update of %d, of %d"
        % (
            *(len(parts), sum(map(len, parts.values())), slot, way),
            image.places(flash_of(board))["vfs"][1],
        )
    )
    return "\n".join([*lines, pool.report(board)])
