"""What the model checker finds in a broken core happens on the whole firmware that has it too."""

import os
import shutil
import subprocess
import sys

import pytest
from played import play

from box import mpy

GOOD_LINE = "        if low_mv <= DIODE_MV:\n"
BAD_LINE = "        if low_mv <= 0:\n"  # any negative plateau would prove the diode


@pytest.fixture
def broken(tmp_path):
    """A copy of firmware and checker in which any low plateau passes for a diode's."""
    for folder in ("firmware", "tools/modelcheck", "tools/sim/cpython"):
        shutil.copytree(mpy.ROOT / folder, tmp_path / folder)
    path = tmp_path / "firmware/state/pilot.py"
    source = path.read_text()
    assert source.count(GOOD_LINE) == 1
    path.write_text(source.replace(GOOD_LINE, BAD_LINE))
    return tmp_path


def closes_without_diode(text):
    """Play a scenario. Return whether the contactor is closed while the diode is not seen."""
    played = play(text)
    edges = played.values("contactor.command")
    seen = [(int(row.split(",")[0]), row) for row in text.splitlines() if ",cp.low_v," in row]
    bad_from_ms = [t_ms for t_ms, row in seen if "auto" not in row]
    assert bad_from_ms
    return any(value == "1" and t_ms >= bad_from_ms[-1] for t_ms, value in edges)


def test_a_counterexample_replays_on_the_firmware_that_has_the_bug(broken, monkeypatch):
    done = subprocess.run(
        [sys.executable, "-m", "modelcheck", "pilot"],
        cwd=broken,
        env={**os.environ, "PYTHONPATH": str(broken / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "still closed, against it: diode" in done.stdout
    text = (broken / "build/modelcheck/pilot.csv").read_text()
    assert not closes_without_diode(text)
    folders = [broken / "firmware", mpy.ROOT / "boards/virtual"]
    monkeypatch.setitem(mpy.APPLICATIONS, "sources", lambda board: folders)
    assert closes_without_diode(text)
