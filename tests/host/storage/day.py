"""MicroPython side of test_day.py: micropython day.py OUT.csv CASE [FIRST STEP].

The whole firmware lives a short day on simulated flash: boot with a config of an earlier version,
the reset to the factory's settings, which saves what migrated, the key made, a car, a pause, both
readings signed, a setting, and a journal that is nearly full, so that it comes round. Config and
key are on a real LittleFS. "cuts": the supply is cut at every flash operation of journal and file
system, each in a day of its own, and what the box then knows is compared with what it had
promised. "damage": bits are flipped before the day begins. Prints one JSON object.
"""

import json
import os
import random
import sys

import board
from bench import Bench

from plant.disk import PATH, Disk
from plant.flash import Flash, PowerCut
from state.pilot import C, D
from storage import config as configs
from storage.flash_store import FlashStore
from storage.journal import EVENT

SECTORS = 32
DISK_SECTORS = 24
configs.VERSION = 2  # the day's firmware is a version newer than its config file
configs.RENAMED = {1: {"wake_count": "wake_signals"}}
OLD = {"version": 1, "wake_count": 3, "telemetry_s": 17, "box_id": "box"}
OLD.update({"broker_host": "localhost", "installer_limit_a": 25})
SET_A = 20
MOST_MWS = 10 * 3_600_000  # what a cut may cost
ROWS = (
    (1_000, "set", "factory"),
    (2_000, "cmd.enable", "true"),
    (2_500, "ev.cp_ohm", "2740"),
    (3_500, "ev.current_a", "32/32/32"),
    (3_500, "ev.cp_ohm", "882"),
    (15_000, "limit.house", "0"),
    (19_000, "limit.house", "none"),
    (27_000, "ev.cp_ohm", "2740"),
    (28_000, "ev.cp_ohm", "open"),
    (33_500, "set", SET_A),
)
DAMAGED_ROWS = [row for row in ROWS if row[1] != "set"]
LOSSES = ("storage", "config_refused")
END_MS = 36_000
AFTER_MS = 30_000


class Day:
    """flash, disk: the journal's and the file system's; flash counts the operations of both."""

    def __init__(self, out, flash, disk):
        self.bench = Bench(board, {"broker_host": "localhost"}, 1, out)
        self.flash = self.bench.plant.flash = flash
        self.bench.plant.disk = Disk(disk)
        disk.counts = flash
        flash._stall = disk._stall = self.bench.world.stall
        self.erases_closed = 0  # erases while the contactor was closed, or could be within 400 ms
        flash.on_erase = disk.on_erase = self._erased
        self.answered = {}  # settings whose change was answered
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
        act = self.bench.action(signal, value) if signal != "set" else lambda: self._set(value)
        return lambda: act() if self.rows is rows else None  # a cut day's rows do not go on

    def _set(self, value):
        config = self.bench.box.config
        self.answered.clear()
        if value == "factory":
            config.reset()
        else:
            config.set("installer_limit_a", value)
            self.answered["installer_limit_a"] = value

    def _erased(self):
        box = self.bench.box
        if box and (self.bench.plant.contactor.closed or box.snapshot.letter in (C, D)):
            self.erases_closed += 1

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
    flash.operations = 0
    return flash


def used_disk():
    """Return the flash of a file system with the config of an earlier version and no key."""
    flash = Flash(DISK_SECTORS)
    disk = Disk(flash)
    with open(disk.mount() + "/config.json", "w") as file:
        json.dump(OLD, file)
    disk.unmount()
    flash.operations = 0
    return flash


def copy_of(flash):
    again = Flash(flash.sectors)
    again._cells[:] = flash._cells
    return again


def cuts(out, first, step):
    blank, files = used_flash(), used_disk()
    whole = Day(out, copy_of(blank), copy_of(files))
    expect(not whole.live(ROWS, END_MS), 0, "it stopped")
    expect_day_is_full(whole)
    points = whole.flash.operations
    told = {"points": points, "cut": 0, "worst_wh": 0, "program": 0, "erase": 0}
    for cut in range(1 + first, points + 1, step):
        day = Day(out, copy_of(blank), copy_of(files))
        day.flash.cut_at, day.flash.torn = cut, (0.0, 0.5, 0.99)[cut % 3]
        if not day.live(ROWS, END_MS):
            continue  # the pauses of a random link move the last operations
        told[day.flash.what] += 1
        told["cut"] += 1
        told["worst_wh"] = max(told["worst_wh"], check(day, cut) / 3_600_000)
    print(json.dumps(told))


def expect_day_is_full(day):
    """The day has in it what the cuts are about."""
    signed = [one["session"] for _, one in day.heard if one.get("event") == "meter_signed"]
    records = [one for kind, one in day.heard if kind == "session"]
    expect(signed == [1] and len(records) == 1, 0, "signed %s" % signed)
    expect("ocmf" in records[0], 0, "unsigned")
    with open(PATH + "/config.json") as file:
        stored = json.load(file)
    expect((stored["version"], stored["telemetry_s"]) == (2, 10), 0, "config %s" % stored)
    expect("wake_count" not in stored, 0, "config %s" % stored)
    expect(stored["installer_limit_a"] == SET_A, 0, "config %s" % stored)
    disk = day.bench.plant.disk.flash
    expect(max(day.flash.erases) > 0 and max(disk.erases) > 0, 0, "no rotation")
    expect(day.erases_closed == 0, 0, "%d erases with a car" % day.erases_closed)


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
    check_config(day, box.config, cut)
    rows = ((3_000, "ev.cp_ohm", "2740"), (4_000, "ev.current_a", "16"))
    rows += ((4_000, "ev.cp_ohm", "882"), (20_000, "ev.cp_ohm", "open"))
    bench.limit("house", "none")
    day.live(rows, AFTER_MS)
    expect(bench.plant.mains.settled_mws() > true_mws, cut, "the next car was not charged")
    expect(bench.box.outbox.peek() is None, cut, "records stayed behind")
    check_heard(day.heard, cut)
    return lost_mws


def check_config(day, config, cut):
    """A change is whole or not there at all, what was answered is there, identity stays."""
    complaints = config.complaints + [day.bench.plant.disk.complaint]
    expect(complaints == [""], cut, "config: %s" % complaints)
    found = config["box_id"], config["installer_limit_a"]
    expect(found in (("box", OLD["installer_limit_a"]), ("box", SET_A)), cut, "%s" % (found,))
    for name, value in day.answered.items():
        expect(config[name] == value, cut, "%s: %s answered, lost" % (name, value))
    migrated = config["wake_signals"], config["telemetry_s"]
    expect(migrated in ((3, 17), (1, 10)), cut, "half a reset: %s" % (migrated,))
    names = set(os.listdir(PATH))
    expect(names <= FILES, cut, "files %s" % names)


FILES = {"config.json", "config.json.new", "meter.key", "meter.key.new"}


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
    starts = {told["seq"]: told for _, told in heard if told.get("event") == "session_started"}
    started = [told["session"] for told in starts.values()]
    expect(set(started) <= ended, cut, "started %s, ended %s" % (started, ended))
    expect(len(started) == len(set(started)), cut, "started twice: %s" % started)
    check_signed(heard, cut)


def check_signed(heard, cut):
    """Pages of the signed readings have no gap; one that comes twice is the same to the byte."""
    pages = {}
    for kind, told in heard:
        expect(kind != "session" or "ocmf" in told, cut, "unsigned: %s" % told)
        if "ocmf" in told:
            page = int(told["ocmf"].split('"PG":"T')[1].split('"')[0])
            expect(pages.setdefault(page, told["ocmf"]) == told["ocmf"], cut, "page %d" % page)
    expect(sorted(pages) == list(range(1, len(pages) + 1)), cut, "pages %s" % sorted(pages))


def damage(out, first, step):
    """Random bits flipped, sectors made zero: the box boots and charges, and says so once."""
    blank, files = used_flash(), used_disk()
    told = 0
    for seed in range(first, 60, step):
        random.seed(seed)
        parts = copy_of(blank), copy_of(files)
        for part in parts:
            spoil(part, 1 << seed % 12, seed % 7 == 0)
        day = Day(out, *parts)
        expect(not day.live(DAMAGED_ROWS, END_MS), seed, "it stopped")
        expect(day.true_mws() > 0, seed, "it did not charge")
        texts = losses(day)
        told += 1 if texts else 0
        expect(len(texts) == len(set(texts)), seed, "said more than once: %s" % texts)
        day.heard.clear()
        day.bench.power(0)
        day.live((), 5_000)
        again = [text for text in losses(day) if text in texts]
        expect(not again, seed, "said again: %s" % again)
    print(json.dumps({"told": told}))


def losses(day):
    return [one["text"] for _, one in day.heard if one.get("event") in LOSSES]


def spoil(flash, bits, a_sector):
    for _ in range(bits):
        flash.flip(random.randint(0, flash.sectors * 4_096 * 8 - 1))
    if a_sector:
        start = random.randint(0, flash.sectors - 1) * 4_096
        flash._cells[start : start + 4_096] = bytes(4_096)


def expect(good, where, what):
    if not good:
        raise AssertionError("at %d: %s" % (where, what))


case, first, step = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
{"cuts": cuts, "damage": damage}[case](sys.argv[1], first, step)
