"""`make firmware`: a board's application, its bundle, and the image that goes to the chip."""

import importlib.util
import json
import os
from pathlib import Path

from box import board as boards
from box import bundle, image
from box.compiled import FIRMWARE, VERSION, BuildError, application, told_names
from box.mpy import ROOT

SLOT = "a/"  # of a new box
BASE = "1.25.0"  # oldest MicroPython the application runs on
HEAP_KB = 220  # before the first tick, on a 64-bit host
ON_CHIP = 0.7  # of that: the same on 32 bits, measured on MicroPython 1.25 (docs/build.md)
OUT = Path("build/firmware")
SPARE_BYTES = 32_768  # firmware/update/room.py leaves as much for config and certificates
ENTRY_BYTES = 200  # of a file at most in a manifest and in the ROM's file system, both together
HEAD_BLOCKS = 4  # of a bundle: its manifest and signature


def build(name: str, base: Path | None, out: Path, chip: str = "") -> dict:
    """Leave bundle, vfs.img and, given an official MicroPython image, BOARD.bin in out.

    Returns {file: bytes} of the application and of what was written; raises BuildError before
    anything is written. The bundle is not signed. chip: compile for another than the board's.
    """
    board = boards.load(name)
    official = None if base is None else image.read_base(base)
    parts = application(name, chip or board.CHIP)
    check_flash(parts)
    facts = bundle.facts(version(), board.NAME, board.CHIP, BASE, VERSION)
    made = {
        name + ".bundle": bundle.unsigned(facts, parts),
        name + ".names.json": json.dumps(told_names(name), indent=1, sort_keys=True).encode(),
        "vfs.img": image.file_system(first_files(name, facts, parts)),
    }
    if official is not None:
        made[name + ".bin"] = image.flashable(official, made["vfs.img"], board.CHIP)
    out.mkdir(parents=True, exist_ok=True)
    for path, content in made.items():
        beside = out / (path + ".new")
        beside.write_bytes(content)
        os.replace(beside, out / path)
    return {**parts, **made}


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


def check_flash(parts: dict):
    """Raises BuildError when a file system has no room.

    LittleFS: two slots and an update on its way. The ROM's: a copy of a slot (rom_copy.py).
    """
    wanted, there = 2 * slot_bytes(parts) + way_bytes(parts) + SPARE_BYTES, image.PLACES["vfs"][1]
    if wanted > there:
        raise BuildError(
            "flash: two slots and an update on its way take %d bytes of %d" % (wanted, there)
        )
    copy = sum(map(len, parts.values())) + ENTRY_BYTES * len(parts)
    room = image.PLACES["romfs"][1] - image.SECTOR  # the first stays blank
    if copy > room:
        raise BuildError("flash: the copy in the ROM takes %d bytes of %d" % (copy, room))


def slot_bytes(parts: dict) -> int:
    """Return what an application takes on the flash: whole blocks, and two for each folder."""
    folders = {path.rpartition("/")[0] for path in parts} | {""}
    files = sum(image.blocks(len(content)) for content in parts.values())
    return (files + HEAD_BLOCKS + 2 * len(folders)) * image.SECTOR


def way_bytes(parts: dict) -> int:
    return (image.blocks(sum(map(len, parts.values()))) + HEAD_BLOCKS) * image.SECTOR


def check_heap(name: str) -> str:
    """Return what a board's application takes of the heap, from its slot and from a ROM, one line.

    Measured on this machine, whose pointers are twice as large as the chip's. Raises BuildError
    when it is more than HEAP_KB from the slot.
    """
    from box.memory import ROM_BYTES, composed_bytes  # which need this module

    try:
        used_kb, from_rom_kb = [composed_bytes(name, size) / 1_024 for size in (0, ROM_BYTES)]
    except RuntimeError as wrong:
        raise BuildError("heap: the application does not start: %s" % wrong) from None
    told = "heap: %.0f KB of %d on this machine before the first tick" % (used_kb, HEAP_KB)
    if used_kb > HEAP_KB:
        raise BuildError(told)
    rest = ", about %.0f KB on the chip; %.0f KB from a ROM file system"
    return told + rest % (used_kb * ON_CHIP, from_rom_kb)


def report(made: dict) -> str:
    """Return the sizes, largest first, one line a file, and what they take of a slot."""
    rows = sorted(made.items(), key=lambda row: -len(row[1]))
    lines = ["%8d  %s" % (len(content), path) for path, content in rows]
    parts = {path: content for path, content in rows if path.endswith(".mpy")}
    slot, way = slot_bytes(parts), way_bytes(parts)
    lines.append(
        "%d modules, %d bytes; on the flash 2 slots of %d and an update of %d: %d of %d"
        % (
            *(len(parts), sum(map(len, parts.values())), slot, way),
            *(2 * slot + way + SPARE_BYTES, image.PLACES["vfs"][1]),
        )
    )
    return "\n".join(lines)
