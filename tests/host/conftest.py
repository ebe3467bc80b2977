"""Paths of the two worlds: the firmware's sources, and the modules CPython lacks."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("firmware", "tools/sim/cpython", "tests/host"):
    sys.path.insert(0, str(ROOT / folder))
