"""The whole application on MicroPython 1.25.0, 32 bits: two cars charge on the lean machine."""

import json

import pytest

from box import oldest


@pytest.fixture(scope="module")
def interpreter():
    try:
        return oldest.package()
    except (OSError, RuntimeError) as wrong:
        pytest.skip("no MicroPython 1.25: %s" % wrong)


@pytest.mark.long
def test_two_cars_charge_on_1_25(interpreter, tmp_path):
    oldest.lay_out("virtual", tmp_path)
    said = oldest.run(tmp_path, "import measure", "measure.main()")
    figures = json.loads(said.splitlines()[-1])
    assert (figures["closings"], figures["failure"]) == (2, "")
