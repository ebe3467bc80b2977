"""Two places for the application, /a and /b, and the record that says which of them runs.

Stands beside boot.py, outside of both, and no update ever replaces it: what chooses is not what
is chosen. A slot is whole when its mark, which is written last, is the hash of its manifest, and
every file is what the manifest says. A new application runs on trial first: a watchdog reset, an
error at its start, or three boots without a verdict, and the good one is back.
"""

import json
import os
import sys
from binascii import hexlify
from hashlib import sha256

SLOTS = ("a", "b")
RECORD = "slots.json"
MANIFEST, MARK = "manifest", "whole"
TRIAL_BOOTS = 3
START_MS = 30_000  # to load the application; drivers/watchdog.py then shortens it
CHUNK = 1_024
FIELDS = ("good", "trial", "boots", "before", "failed", "why", "version")

HARD_RESET, WDT_RESET = 2, 3  # machine's; a panic of the chip is a hard reset to MicroPython
RUNNING = b"\x01"  # last byte of the RTC memory while an application runs

current = None
crashed = ""  # what ended the last run, as crash() says


class Record:
    """Which application is good and which is on trial, kept over restarts in slots.json.

    Base of both places an application can be put: Slots here, and the app partitions of a frozen
    box (app_partitions.py). root: the folder of the box's own files.

    running: what runs now, "" without a place. good: what was healthy last. trial: what is on
    trial, or "". boots: how often that was started. before: what the application that began the
    trial wants the one on trial to know. failed, why: the version that failed last, and of what.
    version: of what is on trial, where its place does not tell it.
    """

    def __init__(self, root: str):
        self.root = root if root.endswith("/") else root + "/"
        self.running = ""
        self.good = self.trial = self.failed = self.why = self.version = ""
        self.boots = 0
        self.before = {}
        self._load()

    def is_on_trial(self) -> bool:
        """Return whether what runs has still to show that it is healthy."""
        return self.running != "" and self.running == self.trial

    def confirm(self):
        """The application on trial is healthy: from now on it is the good one."""
        self.good, self.trial, self.failed, self.why = self.trial, "", "", ""
        self.keep()

    def keep(self):
        """Save the record. A cut leaves the old one or the new one."""
        record = {name: getattr(self, name) for name in FIELDS}
        replace(self.root + RECORD, json.dumps(record).encode())

    def verdict(self, crashed: str) -> str:
        """Return why the trial must end at this start, "" if it goes on."""
        if self.boots and crashed:
            return "stopped by the %s" % crashed
        if self.boots >= TRIAL_BOOTS:
            return "not healthy in %d boots" % TRIAL_BOOTS
        return ""

    def _load(self):
        try:
            with open(self.root + RECORD) as file:
                record = json.load(file)
            for name in FIELDS:
                value = record[name]
                if type(value) is type(getattr(self, name)):
                    setattr(self, name, value)
        except (OSError, ValueError, KeyError, TypeError):
            return  # none yet, or unreadable: what can run is good


class Slots(Record):
    """The folders a and b under root. Without slots everything runs from the root itself."""

    def path(self, slot: str) -> str:
        return self.root + slot

    def spare(self) -> str:
        """Return the slot that does not run."""
        return SLOTS[1] if self.running == SLOTS[0] else SLOTS[0]

    def choose(self, crashed: str):
        """Set `running`, counting a trial's boot. crashed: as crash() says."""
        if self.trial and self._may_try(crashed):
            self.running = self.trial
            return
        for slot in (self.good,) + SLOTS:
            if slot and is_whole(self.path(slot)):
                self.running = slot
                return

    def make_ready(self):
        """Let every later import come from the slot that runs."""
        sys.path.insert(0, self.path(self.running))
        sys.modules.pop("board", None)  # boot.py's own; the application brings its board along

    def missing(self) -> str:
        """Return of each slot why it is not whole, one sentence."""
        flaws = [(slot, flaw_of(self.path(slot))) for slot in SLOTS]
        return "; ".join(["%s: %s" % (self.path(slot), flaw or "whole") for slot, flaw in flaws])

    def begin_trial(self, slot: str, before: dict):
        """Let the slot run from the next reset on."""
        self.good, self.trial, self.boots, self.before = self.running, slot, 0, before
        self.keep()

    def give_up(self, why: str):
        """End the trial: from the next reset on the good one runs."""
        self.failed, self.why = version_of(self.path(self.trial)), why
        self.trial = ""
        self.keep()

    def _may_try(self, crashed):
        try:
            why = self.verdict(crashed)
            if not why and not is_whole(self.path(self.trial)):
                why = "not whole"
            if why:
                self.give_up(why)
                return False
            self.boots += 1
            self.keep()
        except OSError:  # a flash that takes no more cannot count boots either
            return False
        return True


def crash(cause: int, memory: bytes) -> str:
    """Return what ended the last run, "watchdog" or "panic"; "" if it was no crash.

    cause: machine.reset_cause(). memory: the RTC's, which a power cut empties and which an ordered
    restart marks as at rest before it resets the chip.
    """
    if cause == WDT_RESET:
        return "watchdog"
    return "panic" if cause == HARD_RESET and memory[-1:] == RUNNING else ""


def rest(rtc):
    """Mark in the RTC memory that a reset from here on is an ordered one. rtc: machine.RTC()."""
    memory = rtc.memory()
    if memory[-1:] == RUNNING:
        rtc.memory(memory[:-1] + b"\0")


def enter(crashed_by: str, watchdog=None, place: type = Slots):
    """Choose, and let every later import come from what was chosen. Called by boot.py.

    place: the class of what is chosen from. watchdog: machine.WDT. It counts from the choice on;
    after a soft reset it still has the short time of the application that ran.
    """
    global current, crashed  # noqa: PLW0603, boot.py runs once a start: for the application
    current, crashed = place(os.getcwd()), crashed_by
    current.choose(crashed_by)
    if current.running:
        if watchdog:
            watchdog(timeout=START_MS)
        current.make_ready()


def is_whole(path: str) -> bool:
    return not flaw_of(path)


def flaw_of(path: str) -> str:
    """Return why the slot at path is not whole: its mark or manifest or a file; "" if it is."""
    name = MARK
    try:
        with open(path + "/" + MARK, "rb") as file:
            mark = file.read(64)
        name = MANIFEST
        if mark != digest_of(path + "/" + MANIFEST):
            return "%s is not what %s says" % (MANIFEST, MARK)
        with open(path + "/" + MANIFEST, "rb") as lines:
            lines.readline()  # the facts; one file a line follows
            for line in lines:
                digest, _, name = line.decode().split()
                if digest_of(path + "/" + name) != digest.encode():
                    return "%s is not what %s says" % (name, MANIFEST)
    except OSError as wrong:
        return "%s cannot be read (%s)" % (name, wrong)
    except ValueError:
        return "%s is damaged" % MANIFEST
    return ""


def version_of(path: str) -> str:
    """Return the version of the application at path, "" if it cannot be read."""
    try:
        with open(path + "/" + MANIFEST) as file:
            return json.loads(file.readline())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def digest_of(path: str) -> bytes:
    """Return the SHA-256 of a file in hexadecimal digits."""
    digest, chunk = sha256(), bytearray(CHUNK)
    with open(path, "rb") as file:
        while True:
            size = file.readinto(chunk)
            if not size:
                return hexlify(digest.digest())
            digest.update(memoryview(chunk)[:size])


def replace(path: str, content: bytes):
    """Write a file whole. A cut leaves the old or the new one: LittleFS renames atomically."""
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.rename(path + ".new", path)
