"""An application on the oldest MicroPython, 1.25, whose only interpreter at hand has 32 bits.

Its pointers are as wide as the chip's, so it also says what the application takes of a heap there.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from box.compiled import compiled, small_sources
from box.memory import LEAN, UMQTT
from box.mpy import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import fetch_oldest  # noqa: E402

HEAP = 400_000  # where it starts: this port's heap grows
NO_NETWORK = """AF_INET, SOCK_STREAM, SOCK_DGRAM = 2, 1, 2


def getaddrinfo(*_):
    raise OSError(2)
"""
COLLECT = "import gc\ngc.collect()"
ALIVE = "print(gc.mem_alloc())"
RIG = "import clock, machine, esp32, umqtt.simple, json, random, utime, measure"
COMPOSED = "import boot, main\nmain.box = main.furnished(measure.random_bytes)"


def package() -> Path:
    """Return the interpreter's folder. Raises RuntimeError or OSError when it cannot be had."""
    if not shutil.which("node"):
        raise RuntimeError("node is not installed: apt install nodejs npm")
    return fetch_oldest.fetch(ROOT / "build" / "oldest")


def lay_out(board: str, folder: Path):
    """Leave a board's application in folder, without machine code, of which this port has none."""
    texts = dict(small_sources(board))
    texts["umqtt/simple.py"] = UMQTT.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in texts.items():
            place = (folder / name).with_suffix(".mpy")
            place.parent.mkdir(parents=True, exist_ok=True)
            plain = text.replace("@micropython.native", "")
            place.write_bytes(compiled(plain, name, "esp32", Path(scratch) / "module"))
    beside = [ROOT / "firmware" / name for name in ("boot.py", "slots.py", "rom_copy.py")]
    for path in [*LEAN.glob("*.py"), *beside]:
        shutil.copy(path, folder)
    (folder / "socket.py").write_text(NO_NETWORK)
    (folder / "usocket.py").write_text("from socket import *\n")
    (folder / "config.json").write_text(json.dumps({"broker_host": "127.0.0.1"}))


def run(folder: Path, *statements) -> str:
    """Run statements in a root that lay_out() made. Raises RuntimeError with what it said."""
    script = str(ROOT / "tools/oldest.mjs")
    command = ["node", script, str(package()), str(folder), str(HEAP), *statements]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError((ran.stdout + ran.stderr).strip()[-1_000:])
    return ran.stdout


def composed_bytes(board: str) -> int:
    """Return what a board's application holds on 32 bits before its first tick."""
    with tempfile.TemporaryDirectory() as place:
        lay_out(board, Path(place))
        said = run(Path(place), RIG, COLLECT, ALIVE, COMPOSED, COLLECT, ALIVE)
    rig, composed = [int(line) for line in said.splitlines() if line.isdigit()]
    return composed - rig
