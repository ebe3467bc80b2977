"""One box of a fleet: micropython one_of_many.py JOB.json, real firmware and time until killed.

Nothing is plugged in; what it says is its state, telemetry and availability.
"""

import json
import socket
import sys

import board
import utime
from bench import Bench

with open(sys.argv[1]) as file:
    job = json.load(file)
socket.broker = None
bench = Bench(board, job["config"], job["seed"], "/dev/null")
socket.broker = None  # the bench has brought a simulated one
bench.power(1)
start_us, seen_us, wall_us = bench.world.now_us, utime.ticks_us(), 0
while True:
    bench.serve()
    now_us = utime.ticks_us()
    wall_us += utime.ticks_diff(now_us, seen_us)
    seen_us = now_us
    ahead_us = bench.world.now_us - start_us - wall_us
    if ahead_us > 0:
        utime.sleep_us(ahead_us)
