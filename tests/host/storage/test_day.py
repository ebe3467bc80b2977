"""A day of the whole firmware on flash whose supply fails at every operation; see day.py."""

import json
import subprocess

import pytest

from box import mpy

DAY = "../../tests/host/storage/day.py"
SHORT = 9  # every so manieth operation; the long test cuts them all


def run(tmp_path, case, first, step):
    child = mpy.start(
        DAY,
        str(tmp_path / "signals.csv"),
        case,
        str(first),
        str(step),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = child.communicate()[0]
    assert child.returncode == 0, said[-2_000:]
    return json.loads(said.splitlines()[-1])  # a file that a cut left open complains before it


def check_cuts(tmp_path, first, step):
    told = run(tmp_path, "cuts", first, step)
    print(
        "%(cut)d of %(points)d flash operations cut (%(program)d programs, %(erase)d erases), "
        "at most %(worst_wh).1f Wh lost" % told
    )
    assert told["cut"] >= told["points"] // step - 1 and told["points"] > 80
    assert 0 < told["worst_wh"] <= 10
    return told


@pytest.mark.long
def test_power_is_cut_at_some_flash_operations_of_a_day(tmp_path):
    check_cuts(tmp_path, 4, SHORT)


@pytest.mark.long
@pytest.mark.parametrize("first", [0, 1])
def test_power_is_cut_at_every_flash_operation_of_a_day(tmp_path, first):
    assert check_cuts(tmp_path, first, 2)["erase"] > 1


@pytest.mark.long
@pytest.mark.parametrize("first", [0, 1])
def test_damaged_flash_never_keeps_the_box_from_charging(tmp_path, first):
    assert run(tmp_path, "damage", first, 2)["told"] > 2
