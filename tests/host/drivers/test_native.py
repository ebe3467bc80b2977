"""How much machine code there is, as mpy-cross makes it for the chips.

MicroPython 1.25 on an ESP32 ended in LoadProhibited when it loaded native code within a large
module, and loaded it in small ones.
"""

import subprocess
from functools import cache

import pytest

from box.compiled import FIRMWARE, MPY_CROSS

MOST_FILES = 2
MOST_BYTES = 1_024
XTENSAWIN = 10  # of MicroPython's list of architectures (py/persistentcode.h)


@cache
def compiled() -> dict:
    """Return {path: .mpy} of every module that asks for machine code in any way."""
    found = {}
    for path in sorted(FIRMWARE.rglob("*.py")):
        command = [MPY_CROSS, "-march=xtensawin", "-O3", "-s", "m", "-o", "-", path]
        found[path.relative_to(FIRMWARE).as_posix()] = subprocess.run(
            command, capture_output=True, check=True
        ).stdout
    return found


def arch(code: bytes) -> int:
    """Return the architecture in a .mpy's header: 0 for bytecode only."""
    return code[2] >> 2 & 0xF


def natives() -> dict:
    return {name: code for name, code in compiled().items() if arch(code)}


def test_there_are_two_native_files_at_most_and_they_are_for_the_chip():
    assert 1 <= len(natives()) <= MOST_FILES, sorted(natives())
    assert {arch(code) for code in natives().values()} == {XTENSAWIN}


@pytest.mark.parametrize("name", ["boot.py", "start_guard.py", "main.py", "reservation.py"])
def test_none_loads_before_the_contactor_is_open_or_memory_is_taken(name):
    assert arch(compiled()[name]) == 0


def test_each_is_small():
    sizes = {name: len(code) for name, code in natives().items()}
    assert max(sizes.values()) < MOST_BYTES, sizes
    print(sizes)
