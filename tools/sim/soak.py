"""Hours of a box whose link fails at random: micropython soak.py OUT.csv HOURS SEED.

Cars come and go, the house limits, the supply fails; the broker refuses, falls silent, drops
mid-packet, swallows acknowledgements, hands out bytes one by one. At the end everything works
for three minutes, and the cloud's copy must be the box's journal: every record, the same bytes,
numbers without a gap, first heard in their order. Prints one JSON line; exit status 1 if not.
"""

import json
import random
import sys

import board
from bench import Bench
from broker import Peer

from storage.journal import EVENT, SESSION

HOUR_MS = 3_600_000
CALM_MS = 180_000
CARS = (None, "2740", "882", "882", "882")
LIMITS = ("none", "none", "0", "10", "16")


class Flaky(Peer):
    """mood: what is wrong with the connection right now, for every peer of the broker."""

    mood = "well"
    left = 0  # bytes until a cut

    def recv(self, size):
        if Flaky.mood == "crumbs":
            size = 1
        return Peer.recv(self, size)

    def send(self, buffer):
        if Flaky.mood == "cut":
            buffer = bytes(buffer)[: Flaky.left]
            Flaky.left -= len(buffer)
            if not buffer:
                Flaky.mood = "well"
                self._broker.drop()
        return Peer.send(self, buffer)

    def _answer(self, kind, flags, body):
        before = self.inbox
        Peer._answer(self, kind, flags, body)
        if Flaky.mood == "unacknowledged" and kind == 3:
            self.inbox = before


class Soak:
    def __init__(self, out, seed):
        config = {"broker_host": "localhost", "ntp_host": ""}
        self.bench = Bench(board, config, seed, out)
        self.broker = self.bench.broker
        self.broker.socket = lambda: Flaky(self.broker)
        self.broker.on_message = self.hear
        self.cloud = {}  # (kind, seq): payload
        self.last = {}  # kind: highest number heard
        self.wrong = []
        self.told_twice = 0
        self.faults = {}
        self.closed = 0

    def hear(self, topic, payload, retained):
        kind = {"event": EVENT, "session": SESSION}.get(topic.split("/")[-1])
        if kind is None:
            return
        seq = json.loads(payload)["seq"]
        known = self.cloud.get((kind, seq))
        if known is not None:
            self.told_twice += 1
            if known != payload:
                self.wrong.append("record %d was told in two ways" % seq)
            return
        if seq <= self.last.get(kind, 0):
            self.wrong.append("record %d came after %d" % (seq, self.last[kind]))
        self.cloud[kind, seq] = payload
        self.last[kind] = seq

    def live(self, span_ms):
        bench = self.bench
        end_us = bench.world.now_us + span_ms * 1_000
        while bench.world.now_us < end_us:
            bench.serve()

    def run(self, hours):
        self.bench.power(1)
        end_us = hours * HOUR_MS * 1_000
        while self.bench.world.now_us < end_us:
            random.choice((self.trouble, self.trouble, self.car, self.limit))()
        self.recover()
        self.live(CALM_MS)

    def car(self):
        ohm = random.choice(CARS)
        self.bench.action("ev.current_a", str(random.randint(6, 32)))()
        self.bench.action("ev.cp_ohm", ohm or "open")()
        self.live(random.randint(1_000, 240_000))

    def limit(self):
        self.bench.action("limit.house", random.choice(LIMITS))()
        self.live(random.randint(1_000, 120_000))

    def trouble(self):
        name = random.choice(
            ("down", "silent", "cut", "unacknowledged", "crumbs", "drop", "power")
        )
        self.faults[name] = self.faults.get(name, 0) + 1
        if name in ("down", "silent"):
            self.broker.set_mode(name)
        elif name == "drop":
            self.broker.drop()
        elif name == "power":
            self.bench.action("power", "0")()
        else:
            Flaky.mood, Flaky.left = name, random.randint(0, 600)
        self.live(random.randint(1_000, 300_000))
        if random.randint(0, 2):
            self.recover()
            self.live(random.randint(1_000, 120_000))

    def recover(self):
        Flaky.mood = "well"
        self.broker.set_mode("up")
        self.bench.action("power", "1")()

    def compare(self):
        """Return what is wrong with the cloud's copy, as sentences."""
        journal = self.bench.box.journal
        kept = 0
        for kind, seq, payload in journal.newest_first():
            if kind in (EVENT, SESSION):
                kept += 1
                if self.cloud.get((kind, seq)) != payload:
                    self.wrong.append("record %d of the box is not the cloud's" % seq)
        numbers = sorted(seq for kind, seq in self.cloud if kind == EVENT)
        if numbers != list(range(1, len(numbers) + 1)):
            self.wrong.append("numbers have gaps")
        if self.last.get(EVENT) != journal.seq:
            self.wrong.append(
                "the box is at %d, the cloud at %d" % (journal.seq, self.last[EVENT])
            )
        if journal.dropped:
            self.wrong.append("%d records made room" % journal.dropped)
        return kept


def main():
    hours, seed = float(sys.argv[2]), int(sys.argv[3])
    soak = Soak(sys.argv[1], seed)
    random.seed(seed)
    soak.run(hours)
    kept = soak.compare()
    told = {"hours": hours, "in_journal": kept, "in_cloud": len(soak.cloud)}
    told.update({"told_twice": soak.told_twice, "faults": soak.faults, "wrong": soak.wrong[:5]})
    print(json.dumps(told))
    sys.exit(1 if soak.wrong else 0)


main()
