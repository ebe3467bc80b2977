"""MicroPython side of the tests with managers of energy: the whole box on the real network, and a
car steered from outside. micropython steered.py JOB.json

A line "signal value" on standard input is a scenario's row; "?" prints what the plant sees, one
line of JSON. The job's speed: simulated seconds a second.
"""

import json
import select
import socket
import sys

import board
import utime
from bench import Bench

with open(sys.argv[1]) as file:
    job = json.load(file)
bench = Bench(board, job["config"], 1, job["out"])
socket.broker = None  # the bench has brought a simulated one
poller = select.poll()
poller.register(sys.stdin, select.POLLIN)


def answer():
    plant = bench.plant
    seen = {"duty_permille": bench.box.snapshot.duty_bp // 10, "closed": plant.contactor.closed}
    seen["true_wh"] = plant.mains.settled_mws() / 3_600_000
    print(json.dumps(seen))


def obey(line):
    if line == "?":
        answer()
    else:
        bench.action(*line.split(" "))()


class Pace:
    """Real time comes as far as simulated time, however small the steps."""

    def __init__(self):
        self._real_us = 0
        self._seen_us = utime.ticks_us()

    def keep(self, now_us):
        ticks_us = utime.ticks_us()
        self._real_us += utime.ticks_diff(ticks_us, self._seen_us)
        self._seen_us = ticks_us
        ahead_us = now_us // job["speed"] - self._real_us
        if ahead_us > 0:
            utime.sleep_us(ahead_us)


bench.world.pace = Pace().keep
bench.power(1)
going = True
while going:
    bench.serve()
    while going and poller.poll(0):
        said = sys.stdin.readline()
        going = bool(said)
        if said:
            obey(said.strip())
