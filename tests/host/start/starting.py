"""MicroPython side of test_memory_at_start.py: one start of a box on the lean machine.

micropython starting.py JOB.json, in the box's folder, whose files are its config and its RTC
memory. The job says what the chip refuses. Prints one JSON line: what main.run() took, in order,
and what came of it.
"""

import json
import sys

import machine
import slots

took = []
pool = []  # what Wi-Fi and stacks take of Python's heap, where the job says that they share it
WIFI_BYTES = 36 * 1_024


class Threads:
    """_thread: stacks are noted and the functions never run, but for their turn after all else."""

    def __init__(self, refused, in_pool):
        self._refused = refused
        self._in_pool = in_pool
        self._size = 0
        self.waiting = []

    def stack_size(self, size=0):
        self._size = size

    def start_new_thread(self, function, arguments):
        if len(self.waiting) in self._refused:
            raise OSError("can't create thread")
        if self._in_pool:
            pool.append(bytearray(self._size))
        took.append("%s %d" % (function.__name__, self._size))
        self.waiting.append((function, arguments))


class Wlan:
    def active(self, on=None):
        took.append("active %s" % on)

    def isconnected(self):
        return False

    def connect(self, ssid, key):
        pass


class Network:
    STA_IF, AP_IF = 0, 1

    def __init__(self, refuses, in_pool):
        self._refuses = refuses
        self._in_pool = in_pool

    def WLAN(self, interface):  # noqa: N802, as the port calls it
        if self._refuses:
            raise OSError("WiFi Out of Memory")
        if self._in_pool and not took[2:]:
            pool.append(bytearray(WIFI_BYTES))
        took.append("WLAN %d" % interface)
        return Wlan()


def noted(name, *more):
    """Note which of the larger modules loads first."""
    if name == "wallbox" and name not in sys.modules:
        took.append("modules")
    return ordinary(name, *more)


def main(path):
    global ordinary
    with open(path) as file:
        job = json.load(file)
    try:
        with open("rtc", "rb") as file:
            machine.memory = file.read()
    except OSError:
        pass
    threads = sys.modules["_thread"] = Threads(job.get("threads", ()), job.get("pool"))
    sys.modules["network"] = Network(job.get("wifi", False), job.get("pool"))
    slots.current = slots.Slots(".")
    slots.current.running = "a"
    import builtins

    ordinary, builtins.__import__ = builtins.__import__, noted
    import main as application

    told = {"raised": ""}
    try:
        application.run()
    except Exception as wrong:
        told["raised"] = type(wrong).__name__
    builtins.__import__ = ordinary
    box = application.box
    told.update(took=took, failure=application.failure, retry_s=application.retry_s)
    told.update(is_running=box is not None, contactor=machine.levels.get(16, 0))
    if box:
        loops = [function.__name__ for _, ((function, _),) in began(threads)]
        told["complaints"] = box.reserved.complaints
        told.update(loops=loops, events=[], updates=bool(box.updates), stage=box.recovery.stage)
        box.reporter.listeners.append(told["events"].append)
        for _ in range(3):
            box.serve()
        told["failed_services"] = box.failed_services
        box.prepare_tls()
        told["tls_room"] = [bool(work[0]) for f, work in threads.waiting if f.__name__ == "hold"]
    with open("rtc", "wb") as file:
        file.write(machine.memory)
    print(json.dumps(told))


def began(threads):
    return [(f, a) for f, a in threads.waiting if f.__name__ == "wait_for"]


main(sys.argv[1])
