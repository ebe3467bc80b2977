"""MicroPython side of test_slow_erase.py: micropython slow_erase.py OUT.csv.

A new box, whose flash wants to be erased ahead all the time, and takes 400 ms for a sector.
Forty cars open S2 at other phases of the tick. Prints the erases at a bad moment and all of them.
"""

import json
import sys

import board
from bench import Bench

from plant import flash as chips
from state.pilot import C, D

chips.ERASE_MS = 400
ROWS = []
for k in range(40):
    start_ms = 4_000 + k * 9_000
    ROWS += [
        (start_ms, "ev.cp_ohm", "2740"),
        (start_ms, "ev.current_a", "16"),
        (start_ms + 1_500, "ev.cp_ohm", "882"),
        (start_ms + 5_000 + k * 9.7 % 9, "ev.cp_ohm", "2740"),
        (start_ms + 5_600, "ev.cp_ohm", "open"),
    ]
bench = Bench(board, {}, 1, sys.argv[1])
flash = bench.plant.flash = chips.Flash(256)
flash._stall = bench.world.stall
bad = []


def erased():
    box = bench.box
    closed = bench.plant.contactor.closed or (box and box.snapshot.contactor_command)
    if box and (closed or box.snapshot.letter in (C, D)):
        bad.append(bench.world.now_us // 1_000)


flash.on_erase = erased
bench.run(ROWS, 4_000 + 40 * 9_000)
print(json.dumps({"bad": bad, "erases": sum(flash.erases)}))
