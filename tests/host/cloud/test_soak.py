"""Hours of random link faults: the cloud ends with what the box has; see tools/sim/soak.py."""

import json
import subprocess

import pytest

from box import mpy


def soak(tmp_path, hours, seed):
    out = str(tmp_path / "signals.csv")
    child = mpy.start("soak.py", out, str(hours), str(seed), stdout=subprocess.PIPE)
    said = child.communicate()[0]
    assert child.returncode == 0, said
    print(said)
    return json.loads(said)


def test_the_cloud_has_what_the_box_has_after_a_while(tmp_path):
    told = soak(tmp_path, 0.1, 6)
    assert told["in_journal"] > 5 and len(told["faults"]) == 3


@pytest.mark.long
def test_the_cloud_has_what_the_box_has_after_two_hours(tmp_path):
    told = soak(tmp_path, 2, 1)
    assert told["in_journal"] > 30 and len(told["faults"]) == 7
