"""The virtual board: the real firmware from boot.py on, the plant behind it, and a serial REPL.

micropython virtual_board.py JOB.json CONTROL_FD ANSWER_FD, started by tools/box/serial_port.py.
Its root is a LittleFS in simulated flash; /.app is the project's firmware, read where it lies.
"""

import gc
import json
import sys

ROOT_FILES = (
    ("boot.py", "boot.py"),
    ("slots.py", "slots.py"),
    ("start_guard.py", "start_guard.py"),
)


class Threads:
    """What the firmware gets for _thread. The chip plays both loops itself, see clockwork.py."""

    def __init__(self, chip):
        self._chip = chip

    def stack_size(self, size=0):
        return 0

    def start_new_thread(self, function, arguments):
        if function.__name__ == "wait_for":  # for a loop, which it finds in its argument
            self._chip.waiting.append(arguments[0])


class Collector:
    """What the firmware and the engineer get for gc: no collection that a Ctrl-C may cut short."""

    def __init__(self, clockwork):
        self._clockwork = clockwork

    def __getattr__(self, name):
        return getattr(gc, name)

    def collect(self):
        if self._clockwork.is_striking():
            raise MemoryError  # the prompt tells it as the KeyboardInterrupt that it waits for
        return gc.collect()


def main(path, control, answer):
    with open(path) as file:
        job = json.load(file)
    control, answer = open(int(control), "rb"), open(int(answer), "wb")
    root = job["root"]
    sys.path[:] = [root + place for place in ("/tools/virtual_board", "/tools/sim", "/firmware")]
    sys.path += [root + "/boards/virtual", root + "/build/lib", ".frozen"]
    from chip import Chip
    from clockwork import Clockwork, LiveWorld
    from repl import Repl

    world = LiveWorld()
    chip = Chip(world, job)
    clockwork = Clockwork(world, job["speed"], control, answer)
    chip.clockwork = clockwork
    files = [(name, read(root + "/firmware/" + source)) for source, name in ROOT_FILES]
    files.append(("config.json", json.dumps(job["config"])))
    chip.mount(files, root)
    sys.modules["_thread"] = Threads(chip)
    sys.modules["gc"] = Collector(clockwork)
    sys.modules["stand"] = chip.stand
    repl = chip.repl = Repl(clockwork, chip.soft_reset)
    clockwork.serve, clockwork.act = chip.serve, chip.stand.set
    chip.power(1)
    for t_ms, signal, value in job["rows"]:  # what happened before anybody looked, at full speed
        while world.now_us < t_ms * 1_000:
            chip.pass_time(t_ms * 1_000)
        chip.stand.set(signal, value)
    gc.collect()
    chip.watch()
    clockwork.start()
    repl.run()


def read(path):
    with open(path) as file:
        return file.read()


main(*sys.argv[1:])
