"""MicroPython side of test_whole.py: micropython whole.py JOB.json.

The whole firmware runs from slot a on LittleFS, charges, and is updated over its broker by a fleet
that knows the commands only; then whatever is in slot b has to show what it is worth. Prints one
JSON object of what was seen from outside.
"""

import json
import os
import sys
from binascii import a2b_base64, b2a_base64, crc32

import board
from flash_image import factory
from slotted import Slotted

TURN_MS = 100


class Fleet:
    """Speaks MQTT with the box through the bench's broker."""

    def __init__(self, bench, bundle, version):
        self._bench = bench
        self._bundle = bundle
        self._version = version
        self._serial = 0
        self._replies = {}
        self.update = {}
        self.events = []
        self.starts = 0
        bench.broker.on_message = self._hear

    def _hear(self, topic, payload, retained):
        kind = topic.split("/")[-1]
        if kind == "reply":
            reply = json.loads(payload)
            self._replies[reply["id"]] = reply
        elif kind == "update":
            self.update = json.loads(payload)
        elif kind == "event":
            self.events.append(json.loads(payload))
        elif kind == "availability" and payload == b"online":
            self.starts += 1

    def ask(self, verb, value):
        """Return the reply."""
        self._serial += 1
        payload = json.dumps({"id": self._serial, "value": value})
        self._bench.command("update/" + verb, payload)
        for _ in range(100):
            self._bench.serve()
            if self._serial in self._replies:
                return self._replies.pop(self._serial)
        raise AssertionError("no reply to update/%s: %s" % (verb, self._bench.box.service_failure))

    def begin(self, **more):
        told = {"version": self._version, "size": len(self._bundle), "sha256": "0" * 64}
        told.update(more)
        return self.ask("begin", told)

    def send(self):
        have = self.begin()["value"]["have"]
        while have < len(self._bundle):
            piece = self._bundle[have : have + 1_024]
            text = b2a_base64(piece).decode().strip()
            reply = self.ask("piece", {"at": have, "crc32": crc32(piece), "base64": text})
            if not reply["ok"]:
                return reply
            have = reply["value"]["have"]
        return reply


class Day:
    def __init__(self, bench, fleet):
        self.bench = bench
        self.fleet = fleet

    def wait(self, seconds, until=lambda: False):
        end_us = self.bench.world.now_us + seconds * 1_000_000
        while self.bench.world.now_us < end_us and not until():
            self.bench.serve()

    def play(self, signal, value):
        self.bench.action(signal, value)()

    def charge(self):
        """Plug in, charge, and return whether energy flowed."""
        before = self.bench.plant.mains.settled_mws()
        for signal, value in (("ev.cp_ohm", "2740"), ("ev.current_a", "16"), ("ev.cp_ohm", "882")):
            self.play(signal, value)
            self.wait(2)
        self.wait(10)
        return self.bench.plant.mains.settled_mws() > before

    def unplug(self):
        self.play("ev.cp_ohm", "open")
        self.wait(5)


def fetching(bench, day, fleet):
    """The fleet names a place that is not found; what a place found would meet is asked for."""
    import socket

    socket.look_up_ms = None
    fleet.begin(url="https://fleet.example/one.bundle")
    day.wait(5, lambda: fleet.update["why"])
    told = [fleet.update["phase"], fleet.update["why"]]
    socket.look_up_ms = 0
    try:
        bench.box.secured(None, "fleet.example")
    except OSError as wrong:
        told.append(str(wrong))
    return told


def live(job):
    root = "/flash"
    factory(job, root)
    told = {}
    values = {"broker_host": "simulated", "box_id": "garage", "broker_tls": 0}
    with Slotted(root, board, values, job["out"]) as bench:
        fleet = Fleet(bench, a2b_base64(job["bundle"]), job["version"])
        day = Day(bench, fleet)
        bench.power(1)
        day.wait(20)
        told["before"] = [bench.running(), fleet.update.get("installed_version")]
        told["charged_before"] = day.charge()
        told["while_charging"] = fleet.begin()["reason"]
        day.unplug()
        told["fetching"] = fetching(bench, day, fleet)
        told["sent"] = fleet.send()["ok"]
        day.wait(30, lambda: fleet.update["phase"] == "ready")
        day.play("ev.cp_ohm", "2740")
        day.wait(3)
        fleet.ask("install", None)
        day.wait(10)
        told["while_connected"] = [
            fleet.update["phase"],
            "gone.py" in os.listdir(root + "/b/state"),
        ]
        day.unplug()
        boots = bench.plant.boots
        day.wait(60, lambda: bench.plant.boots > boots and bench.box)
        told["tried"] = [bench.running(), bench.box is not None]
        day.wait(job["verdict_s"], lambda: fleet.update.get("phase") in ("idle", "refused"))
        told["after"] = [bench.running(), fleet.update]
        told["from"] = sys.path[0]
        day.wait(35)  # what follows a crash
        told["charged_after"] = day.charge()
        day.unplug()
        told["events"] = [
            [event["event"], event.get("version"), event.get("why")]
            for event in fleet.events
            if event["event"].startswith("update")
        ]
    return told


with open(sys.argv[1]) as file:
    print(json.dumps(live(json.load(file))))
