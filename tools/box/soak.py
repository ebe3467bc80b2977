"""`make soak`: python -m box.soak HOURS SEED, see tools/sim/soak.py."""

import sys

from box import mpy

child = mpy.start("soak.py", "build/soak.csv", *sys.argv[1:3])
sys.exit(child.wait())
