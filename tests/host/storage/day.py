"""MicroPython side of test_day.py: micropython day.py OUT.csv CASE [FIRST STEP].

The whole firmware lives a short day on simulated flash: boot, a setting, a car, a pause, another
car, with a journal that is nearly full, so that it comes round. "cuts": the supply is cut at every
flash operation, each in a day of its own, and what the box then knows is compared with what it
had promised. "damage": bits are flipped before the day begins. Prints one JSON object.
"""

import json
import random
import sys

import board
from bench import Bench

from plant.flash import Flash, PowerCut
from storage.flash_store import FlashStore
from storage.journal import EVENT

SECTORS = 32
MOST_MWS = 10 * 3_600_000  # what a cut may cost
ROWS = (
    (2_000, "cmd.enable", "true"),
    (2_500, "ev.cp_ohm", "2740"),
    (3_500, "ev.current_a", "32/32/32"),
    (3_500, "ev.cp_ohm", "882"),
    (15_000, "limit.house", "0"),
    (19_000, "limit.house", "none"),
    (27_000, "ev.cp_ohm", "2740"),
    (28_000, "ev.cp_ohm", "open"),
)
END_MS = 33_000
AFTER_MS = 30_000


class Day:
    def __init__(self, out, flash):
        self.bench = Bench(board, {"broker_host": "localhost"}, 1, out)
        self.flash = self.bench.plant.flash = flash
        flash._stall = self.bench.world.stall
        self.heard = []
        self.bench.broker.on_message = self._hear

    def _hear(self, topic, payload, retained):
        if topic.endswith("/event") or topic.endswith("/session"):
            self.heard.append((topic.split("/")[-1], json.loads(payload)))

    def live(self, rows, until_ms):
        """Play rows; return True if the supply was cut."""
        bench = self.bench
        self.rows = rows
        start_us = bench.world.now_us
        for t_ms, signal, value in rows:
            bench.world.at(start_us + t_ms * 1_000, self._act(rows, signal, value))
        try:
            if bench.box is None:
                bench.power(1)
            while bench.world.now_us < start_us + until_ms * 1_000:
                bench.serve()
        except PowerCut:
            bench.power(0)
            return True
        return False

    def _act(self, rows, signal, value):
        act = self.bench.action(signal, value)
        return lambda: act() if self.rows is rows else None  # a cut day's rows do not go on

    def true_mws(self):
        return self.bench.plant.mains.settled_mws()


def used_flash():
    """Return a flash whose journal has come round once already."""
    flash = Flash(SECTORS)
    store = FlashStore(flash)
    for k in range(1, 560):
        while store.prepare():
            pass
        store.journal.append(EVENT, b'{"event": "old", "seq": %d}' % k + b" " * 180, k)
        record = store.journal.peek()
        store.journal.done(record[2])
    while store.prepare():
        pass
    flash.operations = 0
    return flash


def copy_of(flash):
    again = Flash(SECTORS)
    again._cells[:] = flash._cells
    return again


def cuts(out, first, step):
    blank = used_flash()
    whole = Day(out, copy_of(blank))
    whole.live(ROWS, END_MS)
    points = whole.flash.operations
    done, worst_mws = 0, 0
    for cut in range(1 + first, points + 1, step):
        day = Day(out, copy_of(blank))
        day.flash.cut_at, day.flash.torn = cut, (0.0, 0.5, 0.99)[cut % 3]
        if not day.live(ROWS, END_MS):
            continue  # the pauses of a random link move the last operations
        lost = check(day, cut)
        worst_mws = max(worst_mws, lost)
        done += 1
    print(json.dumps({"points": points, "cut": done, "worst_wh": worst_mws / 3_600_000}))


def check(day, cut):
    """After the cut: boot, finish the day, and compare with the plant and with the cloud."""
    bench = day.bench
    true_mws = day.true_mws()
    bench.plant.ev.cp_ohm = None
    bench.plant.car_changed()
    bench.power(1)
    box = bench.box
    counted_mws = 1_000 * (sum(box.snapshot.total_wh) * 3_600 + sum(box.snapshot.rest_ws))
    lost_mws = true_mws - counted_mws
    expect(lost_mws <= MOST_MWS, cut, "lost %d mWs" % lost_mws)
    expect(counted_mws <= true_mws * 101 // 100 + 1_000, cut, "register ahead of the truth")
    expect(not box.config.complaints, cut, "config: %s" % box.config.complaints)
    rows = ((3_000, "ev.cp_ohm", "2740"), (4_000, "ev.current_a", "16"))
    rows += ((4_000, "ev.cp_ohm", "882"), (20_000, "ev.cp_ohm", "open"))
    bench.limit("house", "none")
    day.live(rows, AFTER_MS)
    expect(bench.plant.mains.settled_mws() > true_mws, cut, "the next car was not charged")
    expect(bench.box.outbox.peek() is None, cut, "records stayed behind")
    check_heard(day.heard, cut)
    return lost_mws


def check_heard(heard, cut):
    numbers = [told["seq"] for kind, told in heard if kind == "event"]
    distinct = sorted(set(numbers))
    whole = distinct == list(range(distinct[0], distinct[-1] + 1))
    expect(whole, cut, "a gap in %s" % distinct)
    again = [n for k, n in enumerate(numbers) if k and n <= numbers[k - 1]]
    expect(len(again) <= 1, cut, "out of order: %s" % numbers)
    sessions = [told["session"] for kind, told in heard if kind == "session"]
    ended = {told["session"] for _, told in heard if told.get("event") == "session_ended"}
    expect(set(sessions) == ended, cut, "sessions %s, ended %s" % (sessions, ended))
    started = [told["session"] for _, told in heard if told.get("event") == "session_started"]
    expect(set(started) <= ended, cut, "started %s, ended %s" % (started, ended))
    expect(len(started) - len(set(started)) <= 1, cut, "started twice: %s" % started)


def damage(out, first, step):
    """Random bits flipped, sectors made zero: the box boots and charges, and says so once."""
    blank = used_flash()
    told = 0
    for seed in range(first, 60, step):
        random.seed(seed)
        flash = copy_of(blank)
        for _ in range(1 << seed % 12):
            flash.flip(random.randint(0, SECTORS * 4_096 * 8 - 1))
        if seed % 7 == 0:
            start = random.randint(0, SECTORS - 1) * 4_096
            flash._cells[start : start + 4_096] = bytes(4_096)
        day = Day(out, flash)
        expect(not day.live(ROWS, END_MS), seed, "it stopped")
        expect(day.true_mws() > 0, seed, "it did not charge")
        reports = [one for _, one in day.heard if one.get("event") == "storage"]
        told += 1 if reports else 0
        expect(len(reports) <= 2, seed, "said more than once: %s" % reports)
    print(json.dumps({"told": told}))


def expect(good, where, what):
    if not good:
        raise AssertionError("at %d: %s" % (where, what))


case, first, step = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
{"cuts": cuts, "damage": damage}[case](sys.argv[1], first, step)
