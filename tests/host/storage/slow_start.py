"""MicroPython side of test_slow_erase.py: micropython slow_start.py OUT.csv.

A new box on a flash that takes 3 s for each of the two erases of the first start; then the
control loop hangs. Prints when the chip was started.
"""

import json
import sys

import board
from bench import Bench

from plant import flash as chips

chips.ERASE_MS = 3_000
bench = Bench(board, {}, 1, sys.argv[1])
flash = bench.plant.flash = chips.Flash(256)
flash._stall = bench.world.stall
starts = []
compose = bench.compose


def composed():
    starts.append(bench.world.now_us // 1_000)
    compose()
    chips.ERASE_MS = 45


bench.compose = composed
bench.run([(9_000, "box.fault", "hang"), (11_500, "box.fault", "none")], 13_000)
print(json.dumps({"starts": starts}))
