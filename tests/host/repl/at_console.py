"""Plays rows on the virtual box and runs console statements in between; MicroPython's side.

micropython at_console.py JOB.json: rows of the job are [t_ms, signal, value], or [t_ms, "do",
source]. What each source prints is printed after a line that repeats it.
"""

import json
import sys

import board
from bench import Bench

SERVICE_US = 100_000


def main(path):
    with open(path) as file:
        job = json.load(file)
    bench = Bench(board, job["config"], 1, job["out"])
    served = [0]

    def serve(now_us):
        """The services' thread: it goes on while a statement sleeps."""
        if bench.box and now_us - served[0] >= SERVICE_US:
            served[0] = now_us
            bench.box.serve()

    bench.world.pace = serve
    if job["boot"]:
        bench.power(1)
    names = {"bench": bench, "walk": lambda ohms: walk(bench, ohms)}
    for t_ms, signal, value in job["rows"]:
        while bench.world.now_us < t_ms * 1_000:
            bench.world.sleep_us(min(SERVICE_US, t_ms * 1_000 - bench.world.now_us))
        if signal == "do":
            print(">>> " + value)
            exec(value, names)
        else:
            bench.action(signal, value)()
    bench.signals.close()


def walk(bench, ohms):
    """The self-test, with a hand that fits ohms[k] when the step asks for something."""
    import console
    import selftest

    for item in selftest.run(console._box(), 2):
        print(json.dumps(item))
        if "step" in item:
            bench.action("ev.cp_ohm", ohms[item["step"] - 1])()


main(sys.argv[1])
