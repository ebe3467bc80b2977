"""Simulated flash, the same that the virtual box has."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools" / "sim"))

from plant.flash import Flash


@pytest.fixture
def flash():
    """flash(sectors) -> plant.flash.Flash, blank as from the factory."""
    return Flash
