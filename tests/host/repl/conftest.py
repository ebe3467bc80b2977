"""The console on the real firmware in simulated time: rows in, what each statement printed out."""

import fcntl
import json
import re
import subprocess
from pathlib import Path

import pytest

from box import mpy

SCRIPT = Path(__file__).with_name("at_console.py")


def said_by(text):
    """Return [what each statement printed, ...]; a statement was announced with '>>> '."""
    return re.split("^>>> .*\n", text, flags=re.MULTILINE)[1:]


@pytest.fixture
def one_board():
    """The README's build/ttyBOX for one test at a time: pytest has two workers."""
    with open(mpy.ROOT / "build" / "ttyBOX.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def at_console(tmp_path):
    """at_console(rows, config={}) -> [output of each "do" row]; rows: (t_ms, signal, value)."""

    def play(rows, config=None, boot=1):
        job = {"rows": rows, "config": config or {}, "boot": boot, "out": str(tmp_path / "s.csv")}
        path = tmp_path / "job.json"
        path.write_text(json.dumps(job))
        command = [mpy.binary(), "-X", "heapsize=16M", "-X", "emit=native", str(SCRIPT), str(path)]
        child = subprocess.run(
            command, check=False, env=mpy.environment(), text=True, capture_output=True
        )
        assert child.returncode == 0, child.stdout + child.stderr
        return said_by(child.stdout)

    return play
