"""MicroPython side of test_fetch.py: micropython fetching.py JOB.json.

For each case of the job a box, on a folder instead of a flash, is told a url and lives on: until
the bundle is checked or refused, until `stop_at` bytes have come, or for `turns` turns. Real time,
real sockets, real TLS. Prints one JSON list.
"""

import json
import sys
import time

import slots

from cloud import secure
from storage.config import Config
from update import fetch, service


class Board:
    NAME, CHIP = "virtual", "esp32s3"


class Snapshot:
    version = letter = faults = session_number = 0


class Box:
    restarting = 0

    def __init__(self, case):
        self.quiet = True
        self.told = []
        self.connections = 0
        self._config = Config()
        self._config.set("tls_ca", case["ca"])
        chosen = slots.Slots(case["root"])
        chosen.choose("")
        service.VERSION = slots.version_of(chosen.path(chosen.running))
        self.updates = service.Service(chosen, Board, Snapshot(), self, self)

    def is_quiet(self):
        return self.quiet

    def tell(self, event):
        self.told.append(event)

    def secured(self, raw, host):
        self.connections += 1
        return secure.certified(raw, self._config, host)


def live(case):
    box = Box(case)
    updates = box.updates
    updates.ask("begin", case["begin"])
    seen, turns, at_rest = [], 0, None
    while turns < case["turns"] and updates.phase in ("downloading", "arrived", "checking"):
        turns += 1
        updates.poll(time.ticks_ms())
        if updates.why and updates.why not in seen:
            seen.append(updates.why)
        have = updates.ask("status", None)["have"]
        if have >= case["stop_at"]:
            break
        if case["rest_at"] and have >= case["rest_at"] and at_rest is None:
            at_rest = rest(box, have)
        time.sleep_ms(1)
    told = {"phase": updates.phase, "why": updates.why, "seen": seen, "turns": turns}
    told.update({"connections": box.connections, "rest": at_rest, "have": have})
    return told


def rest(box, have):
    """The contactor closes for 100 turns. Return what came meanwhile, and whether it hung up."""
    box.quiet = False
    for _ in range(100):
        box.updates.poll(time.ticks_ms())
        time.sleep_ms(1)
    box.quiet = True
    return [box.updates.ask("status", None)["have"] - have, box.updates._source is None]


with open(sys.argv[1]) as file:
    job = json.load(file)
fetch.FIRST_WAIT_MS, fetch.PATIENCE_MS = job["first_wait_ms"], job["patience_ms"]
print(json.dumps([live(case) for case in job["cases"]]))
