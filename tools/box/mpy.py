"""Where MicroPython and its sources are, and how to start the virtual box."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAP = "64M"  # for firmware, plant and log together; the firmware alone is measured in the tests
PATHS = ("tools/sim", "firmware", "boards/virtual", "build/lib")


def binary() -> str:
    """Return the path of the micropython command that pip put beside this Python."""
    return str(Path(sys.executable).parent / "micropython")


def environment(board: str = "virtual") -> dict:
    """Return an environment in which the simulator's machine and time come first."""
    paths = [str(ROOT / path) for path in PATHS]
    paths[2] = str(ROOT / "boards" / board)
    return {**os.environ, "MICROPYPATH": ":".join([*paths, ".frozen"])}


def start(
    script: str, *arguments: str, native: bool = True, heap: str = HEAP, board="virtual", **popen
):
    """Start tools/sim/SCRIPT on MicroPython. native: compile to machine code, which is faster."""
    emit = ["-X", "emit=native"] if native else []
    command = [binary(), "-X", "heapsize=" + heap, *emit, str(ROOT / "tools/sim" / script)]
    return subprocess.Popen([*command, *arguments], env=environment(board), text=True, **popen)


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
