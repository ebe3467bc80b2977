"""Erases of 400 ms, the longest that data sheets allow: none while a contactor is or may close."""

import json
import subprocess

from box import mpy, scenario

SCRIPT = "../../tests/host/storage/slow_erase.py"


def test_erases_of_400_ms_never_meet_the_opening_path(tmp_path):
    out = tmp_path / "signals.csv"
    child = mpy.start(SCRIPT, str(out), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = child.communicate()[0]
    assert child.returncode == 0, said[-2_000:]
    told = json.loads(said)
    assert told["bad"] == [] and told["erases"] > 20
    opened = [t_ms for t_ms, name, value in scenario.load(out) if (name, value) == OPEN]
    asked = [9_000 + k * 9_000 + k * 9.7 % 9 for k in range(40)]
    assert len(opened) == 40
    assert max(at - since for at, since in zip(opened, asked)) <= 30


OPEN = ("contactor.command", "0")


def test_a_first_start_of_6_s_is_no_hang_and_a_hang_afterwards_lasts_2_s(tmp_path):
    script = "../../tests/host/storage/slow_start.py"
    child = mpy.start(script, str(tmp_path / "s.csv"), stdout=subprocess.PIPE)
    first, again = json.loads(child.communicate()[0])["starts"]
    assert first == 0 and 10_990 <= again <= 11_010
