"""A day of the whole firmware on flash whose supply fails at every operation; see day.py."""

import json
import subprocess

import pytest

from box import mpy

DAY = "../../tests/host/storage/day.py"


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
    return json.loads(said)


@pytest.mark.parametrize("first", [0, 1])
def test_power_is_cut_at_every_flash_operation_of_a_day(tmp_path, first):
    told = run(tmp_path, "cuts", first, 2)
    print("%(cut)d of %(points)d flash operations cut, at most %(worst_wh).1f Wh lost" % told)
    assert told["cut"] >= told["points"] // 2 - 1 and told["points"] > 50
    assert 0 < told["worst_wh"] <= 10


@pytest.mark.long
@pytest.mark.parametrize("first", [0, 1])
def test_damaged_flash_never_keeps_the_box_from_charging(tmp_path, first):
    assert run(tmp_path, "damage", first, 2)["told"] > 2
