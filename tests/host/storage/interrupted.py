"""MicroPython side of test_interrupted.py: micropython interrupted.py OUT.csv.

A charge that a power cut and a reset by the watchdog interrupt; journal, config and key are on
flash that stays. Prints what an MQTT client heard and what really flowed, as JSON.
"""

import json
import sys

import board
from bench import Bench

from plant.disk import Disk
from plant.flash import Flash

ROWS = (
    (30_000, "ev.cp_ohm", "2740"),  # by now half of a new box's register is erased ahead
    (31_000, "ev.current_a", "16/16/16"),
    (31_000, "ev.cp_ohm", "882"),
    (70_000, "power", "0"),
    (73_000, "power", "1"),
    (120_000, "box.fault", "hang"),
    (122_500, "box.fault", "none"),
    (200_000, "ev.cp_ohm", "2740"),
    (202_000, "ev.cp_ohm", "open"),
)
END_MS = 220_000
bench = Bench(board, {"broker_host": "localhost"}, 1, sys.argv[1])
bench.plant.flash, disk = Flash(64), Flash(24)
bench.plant.disk = Disk(disk)
bench.plant.flash._stall = disk._stall = bench.world.stall
heard = []


def hear(topic, payload, retained):
    heard.append((topic.split("/")[-1], payload.decode()))


bench.broker.on_message = hear
bench.run(ROWS, END_MS)
print(json.dumps({"heard": heard, "mws": bench.plant.mains.settled_mws()}))
