"""Host side of the wallbox: the `box` command."""

import sys
from pathlib import Path

# the cars' table is shared with the simulator; last, since its time.py must not hide Python's
SIM = Path(__file__).resolve().parents[1] / "sim"
sys.path += [str(SIM), str(SIM / "cpython")]  # and what CPython lacks of MicroPython
