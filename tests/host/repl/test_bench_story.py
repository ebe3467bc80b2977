"""The README's story of an afternoon at the bench, run as it stands there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
# what a command of the story must print; a command without a row here fails the test
EXPECTED = {
    "console.help()": r"status\(\) .*\n(.*\n)+help\(\)",
    "box selftest": r"5 of 5: nothing on the pilot(.*\n)+Self-test passed\nreport: build/bench/",
    "stand.set(": r"^$",
    "console.follow(12)": r"B2 -> C2 by 4, requests(.*\n)+.*contactor +closed by 4, ready",
    "console.status()": r"pilot +C,(.*\n)+faults +none(.*\n)+diode +proven(.*\n)+register",
    "console.limit(10)": r"at most 10\.0 A.*\nClosed .* by rule 4: ready",
    "console.set('telemetry_s', 5)": r"^config telemetry_s: not now: flash is written",
    "fs cp": r"^cp docs/examples/glitch.csv",
    "soft-reset": r"^$",
    "console.why()": r"^Opened|^The contactor has not moved|^Closed",
}


def story():
    """Return the commands of the section's block, one a line."""
    text = (ROOT / "README.md").read_text()
    section = re.search(r"^## On the bench\n(.*?)^## ", text, re.M | re.S)
    block = re.search(r"^```\n(.*?)^```", section[1], re.M | re.S)[1]
    return block.splitlines()


@pytest.fixture
def board(one_board):
    """The board that the story's first line starts; make only installs what is here already."""
    command = [str(BIN / "box"), "virtual-board", "--link", "build/ttyBOX", "--hands"]
    child = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert "a box at build/ttyBOX" in child.stdout.readline()
    yield child
    child.terminate()
    child.communicate()


def run(preamble, line):
    path = "%s:%s" % (BIN, os.environ["PATH"])
    child = subprocess.run(
        ["bash", "-c", preamble + line],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return child.returncode, (child.stdout + child.stderr).replace("\r\n", "\n")


@pytest.mark.long
def test_the_story_of_the_readme(board):
    lines = story()
    start, *preamble = lines[:4]
    assert start.startswith("make virtual-board &")
    assert "virtual-board --link build/ttyBOX --hands\n" in (ROOT / "Makefile").read_text()
    assert [line.partition("=")[0] for line in preamble] == ["PORT", "PATH", "say"]
    left = dict(EXPECTED)
    for line in lines[4:]:
        status, said = run("\n".join(preamble) + "\n", line)
        row = next((text for text in EXPECTED if text in line), None)
        assert row, "no row for: %s" % line
        assert status == 0, line + "\n" + said
        assert re.search(EXPECTED[row], said, re.M), line + "\n" + said
        left.pop(row, None)
    assert not left
    items = json.loads((ROOT / "build/bench/selftest.json").read_text())
    assert items[-1]["passed"] and len(items) > 30
    assert "FAIL" not in (ROOT / "build/bench/selftest.txt").read_text()


def test_make_repl_brings_a_board_with_a_car(tmp_path):
    said = 'exec "import stand; print(type(stand._bench.plant.ev).__name__)"'
    status, said = run("", "box virtual-board --ev bmw_ix --say '%s'" % said)
    assert (status, said.strip()) == (0, "ModelEv")
    status, said = run("", "box virtual-board --ev spaceship")
    assert status == 2 and "spaceship" in said and said.count("\n") == 1


@pytest.mark.long
def test_a_failed_self_test_is_a_failed_command(board, tmp_path):
    run("", "mpremote connect build/ttyBOX resume exec \"import stand; stand.set('pp.ohm', 680)\"")
    command = "box selftest --port build/ttyBOX --out %s --patience 10" % tmp_path
    status, said = run("", command)
    assert status == 1 and "FAIL  proximity" in said and "Self-test FAILED: proximity" in said
    assert json.loads((tmp_path / "selftest.json").read_text())[-1]["failed"] == ["proximity"]
    status, said = run("", "box selftest --port /dev/ttyNONE --out %s" % tmp_path)
    assert status == 2 and said.startswith("box selftest: /dev/ttyNONE: no such port")
