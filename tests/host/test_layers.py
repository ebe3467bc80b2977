"""The house rules hold here, and each of them fires where it is broken."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from check_layers import check  # noqa: E402


def test_this_house_is_clean():
    assert check(ROOT) == []


BREACHES = {
    "state imports the clock": ("state/x.py", "import time\n", "must not import time"),
    "state imports a driver": ("state/x.py", "from drivers import clock\n", "must not import"),
    "a driver imports state": ("drivers/x.py", "from state import pilot\n", "must not import"),
    "a service imports a driver": ("cloud/x.py", "from drivers.clock import Clock\n", "must not"),
    "control imports the cloud": ("control.py", "import cloud\n", "must not import cloud"),
    "state imports the chip's pins": ("state/x.py", "from machine import Pin\n", "must not"),
    "a driver imports a service": ("drivers/x.py", "import cloud.link\n", "must not import cloud"),
    "storage imports a driver": ("storage/x.py", "import drivers.clock\n", "must not"),
    "a service imports the board": ("cloud/x.py", "import board\n", "must not import board"),
    "control imports the board": ("control.py", "import board\n", "must not import board"),
    "the wiring imports the board": ("wiring.py", "import board\n", "must not import board"),
    "a relative import": ("state/x.py", "from . import pilot\n", "must not import ."),
    "a file without a layer": ("other.py", "\n", "no layer"),
    "a vague file name": ("state/pilot_helper.py", "\n", "vague name"),
    "a vague class name": ("state/x.py", "class PilotManager:\n    pass\n", "vague name"),
    "a vague word inside": ("state/x.py", "class DataStore:\n    pass\n", "vague name"),
    "a vague verb": ("state/x.py", "def process():\n    pass\n", "vague name"),
    "a vague plural": ("drivers/pin_utils.py", "\n", "vague name"),
    "a long coroutine": ("cloud/x.py", "async def f():\n" + "    x = 1\n" * 60, "61 lines"),
    "a long function": ("state/x.py", "def f():\n" + "    x = 1\n" * 60, "61 lines"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_named(name, tmp_path):
    place, source, said = BREACHES[name]
    path = tmp_path / "firmware" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    (tmp_path / "tools").mkdir()
    found = check(tmp_path)
    assert len(found) == 1 and said in found[0]


def test_a_word_that_only_contains_a_vague_one_is_fine(tmp_path):
    path = tmp_path / "firmware" / "state" / "metadata.py"
    path.parent.mkdir(parents=True)
    path.write_text("class Preprocessor:\n    pass\n")
    assert check(tmp_path) == []


def test_a_cycle_is_named(tmp_path):
    folder = tmp_path / "firmware" / "state"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("from state import b\n")
    (folder / "b.py").write_text("from state import a\n")
    assert any("cycle" in line for line in check(tmp_path))
