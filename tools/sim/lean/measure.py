"""How much heap the firmware takes: micropython measure.py CONFIG.json, on the lean machine.

Two cars come, charge and leave, with everything on that the config turns on; prints one JSON line:
what was in use after the rig, after the imports, after composing the box, and the most that was
ever alive; the real test is that it runs at all in the heap that -X heapsize gives.
"""

import gc
import json
import sys

import board
import clock
import machine
import utime

BREATH_US = 1_500  # of real time a turn, so that a real broker keeps up
TICKS = 5  # of 9 ms in a turn of the services
STEPS = (  # turn, what the pilot shows
    (100, machine.B_MV),
    (160, machine.C_MV),
    (500, machine.B_MV),
    (560, machine.A_MV),
    (640, machine.B_MV),
    (700, machine.C_MV),
    (900, machine.A_MV),
)
TURNS = 1_000
LOADING_BYTES = 8_192  # as firmware/start.py


def alive():
    gc.collect()
    return gc.mem_alloc()


def main(path):
    with open(path) as file:
        values = json.load(file)
    figures = {"rig": alive()}
    gc.threshold(LOADING_BYTES)
    import boot  # noqa: F401
    from composition import Box

    from storage.config import Config

    figures["imported"] = alive()
    config = Config()
    for name, value in values.items():
        config.set(name, value)
    box = Box(board, config)
    box.calibrate()
    gc.collect()
    gc.threshold(-1)
    figures["composed"] = figures["most"] = alive()
    figures["closings"] = 0
    play(box, figures)
    figures["connected"] = bool(box.link and box.link.is_up())
    figures["why"] = box.cloud_why()
    figures["failure"] = repr(box.control.failure) if box.control.failure else ""
    print(json.dumps(figures))


def play(box, figures):
    steps = dict(STEPS)
    for turn in range(TURNS):
        if turn in steps:
            machine.pilot.show(steps[turn])
        for _ in range(TICKS):
            box.control.tick()
            clock.now_us += 9_000 - clock.now_us % 9_000
        box.serve()
        utime.sleep_us(BREATH_US)
        if turn % 50 == 0:
            figures["most"] = max(figures["most"], alive())
    figures["closings"] = box.snapshot.contactor_cycles


main(sys.argv[1])
