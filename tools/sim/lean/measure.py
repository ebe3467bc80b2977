"""How much heap the firmware takes: measure.py [WORDS], on the lean machine, in a box's root.

"composed": no further than before the first tick; "weigh": what each module holds; "live": without
a look at the heap in between, which would tidy it; "session": without the update at the end;
"frozen": the application is in the interpreter.

With everything on that config.json turns on: two cars come, charge and leave, a fault is told, the
engineer looks around at the console, and whoever reads "download" may send an update until the
box restarts into it. Prints one JSON line: what was in use after the rig, after the imports,
after composing the box, and the most that was alive at any look; the real test is that it runs at
all in the heap that -X heapsize gives.
"""

import builtins
import gc
import json
import random
import sys

import clock
import machine
import umqtt.simple  # noqa: F401, in the flash of every board
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
    (840, machine.E_MV),
    (870, machine.A_MV),
)
TURNS = 1_000
LOOK_TURNS = 10
COLLECT_TURNS = 200  # as firmware/main.py
STALLED_MS = 15_000  # of real time without progress: then no update comes to its end
LOADING_BYTES = 8_192  # as firmware/main.py
ASKED = ("status()", "why()", "pilot()", "meter()", "faults()", "events()", "config()", "help()")


def random_bytes(count):
    return bytes([random.getrandbits(8) for _ in range(count)])


def alive():
    gc.collect()
    return gc.mem_alloc()


def main():
    figures = {"rig": alive()}
    weights = weigh() if "weigh" in sys.argv else None
    gc.threshold(LOADING_BYTES)
    import boot  # noqa: F401, chooses the slot

    if "frozen" in sys.argv and sys.path[0] != "/rig":
        sys.path.pop(0)  # the slot's, whose files are the same sources
    import main as application

    figures["imported"] = alive()
    box = application.box = application.furnished(random_bytes)
    figures["phases"], figures["from"] = {}, sys.path[0]
    figures["composed"] = figures["most"] = alive()
    if weights is not None:
        figures["weights"] = weights
    if "composed" in sys.argv:
        print(json.dumps(figures))
        return
    cars(box, figures)
    figures["connected"], figures["why"] = box.cloud_why() == "", box.cloud_why()
    look_around(figures)
    if box.updates and "session" not in sys.argv:
        update(box, figures)
    figures["failure"] = repr(box.control.failure) if box.control.failure else ""
    figures["service_failure"] = repr(box.service_failure) if box.service_failure else ""
    print(json.dumps(figures))


def weigh():
    """Return {module: bytes} that fills as modules load, each without what it loads itself."""
    weights, inner, load = {}, [0], builtins.__import__

    def loaded(name, *rest):
        if name in sys.modules:
            return load(name, *rest)
        before = alive()
        inner.append(0)
        module = load(name, *rest)
        grown = alive() - before
        weights[name] = weights.get(name, 0) + grown - inner.pop()
        inner[-1] += grown
        return module

    builtins.__import__ = loaded
    return weights


def update(box, figures):
    """Whoever reads the next line sends one; with the restart into it all is over."""
    figures["restarted"] = False
    print("download")
    moved_ms, seen, turn = utime.ticks_ms(), None, 0
    try:
        while utime.ticks_diff(utime.ticks_ms(), moved_ms) < STALLED_MS:
            play(box, figures, turn, 1)  # hardly faster than the broker, which answers in time
            turn += 1
            if turn % COLLECT_TURNS == 0:
                told = box.updates.report()
                if (told["phase"], told["update_percentage"]) != seen:
                    seen = told["phase"], told["update_percentage"]
                    moved_ms = utime.ticks_ms()
    except SystemExit:  # the lean machine's reset
        figures["restarted"] = True


def cars(box, figures):
    steps = dict(STEPS)
    for turn in range(TURNS):
        if turn in steps:
            machine.pilot.show(steps[turn])
        play(box, figures, turn)
    figures["closings"] = box.snapshot.contactor_cycles


def play(box, figures, turn, ticks=TICKS):
    for _ in range(ticks):
        box.control.tick()
        clock.now_us += 9_000 - clock.now_us % 9_000
    box.serve()
    utime.sleep_us(BREATH_US)
    if "live" in sys.argv:
        if turn % COLLECT_TURNS == 0 and not box.snapshot.contactor_command:
            gc.collect()
    elif turn % LOOK_TURNS == 0:
        look(figures, phase(box))


def phase(box):
    if "console" not in sys.modules:
        return "cars"
    return box.updates.phase if box.updates else ""


def look(figures, name):
    now = alive()
    figures["most"] = max(now, figures["most"])
    figures["phases"][name] = max(now, figures["phases"].get(name, 0))


def look_around(figures):
    import console

    for call in ASKED:
        eval("console." + call, {"console": console})
        if "live" not in sys.argv:
            look(figures, "console")
