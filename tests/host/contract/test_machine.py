"""The fake machine keeps its promises, and promises nothing a board's machine does not have."""

import ast
import subprocess
from pathlib import Path

import pytest

from box import mpy

HERE = Path(__file__).parent
FAKE = mpy.ROOT / "tools/sim/machine.py"
STUB = mpy.ROOT / "build/typings/machine.pyi"
OURS = {"read_u16", "plant"}  # the simulator's own names


def test_the_fake_does_what_the_firmware_expects():
    command = [mpy.binary(), "-X", "heapsize=8M", str(HERE / "machine_contract.py")]
    result = subprocess.run(
        command, env=mpy.environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0 and result.stdout.endswith("done\n"), result.stderr


def names(tree):
    """Return {class: public methods and constants} and the public functions of a module."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found[node.name] = {
                child.name for child in node.body if isinstance(child, ast.FunctionDef)
            }
        elif isinstance(node, ast.FunctionDef):
            found.setdefault("", set()).add(node.name)
    return found


def test_the_fake_has_nothing_that_the_boards_stubs_lack():
    if not STUB.exists():
        pytest.skip("the board's stubs are not installed (make lint installs them)")
    fake, board = names(ast.parse(FAKE.read_text())), names(ast.parse(STUB.read_text()))
    assert fake[""] - OURS <= board[""]
    for name in set(fake) - {""}:
        public = {method for method in fake[name] if not method.startswith("_")}
        assert public - OURS <= board[name], name


@pytest.mark.parametrize("chip, step", [("esp32", 1), ("esp32s3", 8)])
def test_a_pwm_loses_the_bits_its_timer_does_not_have(chip, step):
    script = (
        "import machine, world, board\n"
        "from plant.plant import Plant\n"
        "board.CHIP = %r\n"
        "world.current = world.World()\n"
        "machine.plant = Plant(world.current, board, 1, lambda name, value: None)\n"
        "out = machine.PWM(machine.Pin(15), freq=1000, duty_u16=6554)\n"
        "print(machine.plant.pilot.duty)\n" % chip
    )
    said = subprocess.run(
        [mpy.binary(), "-X", "heapsize=8M", "-c", script],
        env=mpy.environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert int(said) == 6_554 // step * step
