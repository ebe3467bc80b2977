"""The tick allocates nothing, whichever way the firmware is compiled."""

import json
import subprocess

import pytest

from box import mpy


@pytest.mark.flashed
def test_a_control_tick_allocates_nothing(tmp_path):
    child = mpy.start(
        "heap_of_tick.py",
        str(tmp_path / "s.csv"),
        native=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = child.communicate()[0]
    assert child.returncode == 0, said
    assert int(said.split()[0]) > 2_000


def test_bytecode_and_machine_code_give_the_same_bytes(tmp_path):
    rows = [[0, "cp.noise_v", "0.05"], [5_000, "ev.cp_ohm", "2740"], [7_000, "ev.cp_ohm", "882"]]
    rows += [[7_000, "ev.current_a", "16"], [20_000, "ev.cp_ohm", "0"], [22_000, "power", "0"]]
    logs = []
    for native in (False, True):
        out = tmp_path / ("%s.csv" % native)
        job = {"mode": "scenario", "rows": rows, "seed": 1, "until_ms": 25_000, "out": str(out)}
        failure = mpy.play(job, tmp_path, native)
        assert not failure, failure
        logs.append(out.read_text())
    assert logs[0] == logs[1]
    assert json.dumps(logs[0]).count("contactor.command") == 2
