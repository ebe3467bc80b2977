"""One build for all the tests that look at it, with the official image where it can be had."""

import sys

import pytest

from box import firmware
from box.mpy import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import fetch_base  # noqa: E402

BOARD = "esp32_generic"


@pytest.fixture(scope="session")
def base():
    """Path of MicroPython's own ESP32_GENERIC 1.25.0."""
    try:
        return fetch_base.fetch(ROOT / "build" / "base")
    except (OSError, RuntimeError) as wrong:
        pytest.skip("no official image: %s" % wrong)


@pytest.fixture(scope="session")
def made(base, tmp_path_factory):
    """Folder of a whole build of BOARD."""
    out = tmp_path_factory.mktemp("firmware")
    firmware.build(BOARD, base, out, is_unproven=True)
    return out


@pytest.fixture(scope="session")
def virtual(tmp_path_factory):
    """Folder of the virtual board's build, to run on this machine."""
    out = tmp_path_factory.mktemp("virtual")
    firmware.build("virtual", None, out, "host")
    return out
