"""An application on the oldest MicroPython, 1.25, as its 32-bit WebAssembly port runs it."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from box.compiled import compiled, sources
from box.memory import LEAN, UMQTT
from box.mpy import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import fetch_oldest  # noqa: E402

HEAP = 400_000  # where it starts: this port's heap grows
NO_NETWORK = """AF_INET, SOCK_STREAM, SOCK_DGRAM = 2, 1, 2


def getaddrinfo(*_):
    raise OSError(2)
"""


def package() -> Path:
    """Return the interpreter's folder. Raises RuntimeError or OSError when it cannot be had."""
    if not shutil.which("node"):
        raise RuntimeError("node is not installed: apt install nodejs npm")
    return fetch_oldest.fetch(ROOT / "build" / "oldest")


def lay_out(board: str, folder: Path):
    """Leave a board's application in folder, without machine code, of which this port has none."""
    texts = {name: path.read_text("utf-8") for name, path in sources(board).items()}
    texts["umqtt/simple.py"] = UMQTT.read_text("utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in texts.items():
            place = (folder / name).with_suffix(".mpy")
            place.parent.mkdir(parents=True, exist_ok=True)
            plain = text.replace("@micropython.native", "")
            place.write_bytes(compiled(plain, name, "esp32", Path(scratch) / "module"))
    beside = [ROOT / "firmware" / name for name in ("boot.py", "slots.py")]
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
