"""A box's end of the commands on CPython: all round Answers, and a clock to turn by hand."""

import json
import time

import contract_of_mqtt
from exchange import Requests, Snapshot
from wall_clock import WallClock

from cloud.answers import Answers
from cloud.desk import Desk
from sessions.permission import Permission
from storage.config import Config

clock_ms = [0]
TICKS = {  # MicroPython's, as far as they do not wrap
    "ticks_ms": lambda: clock_ms[0],
    "ticks_diff": lambda new, old: new - old,
    "ticks_add": lambda old, span: old + span,
}
for name, function in TICKS.items():
    setattr(time, name, function)


class Asked:
    """values: config by name. journal: anything with newest_first()."""

    def __init__(self, requests=None, journal=None, **values):
        clock_ms[0] = 1_000
        self.config = Config()
        for name, value in values.items():
            self.config.set(name, value)
        self.snapshot = Snapshot()
        self.requests = requests or Requests()
        self.clock = WallClock()
        self.permission = Permission(self.config, self.snapshot, self.requests, self.clock)
        self.resets = []
        self.desk = Desk(
            self.config,
            self.snapshot,
            self.requests,
            self.permission,
            journal,
            lambda: self.resets.append(clock_ms[0]),
        )
        self.desk.has_lock = self.desk.has_monitor_test = 1
        self.answers = Answers(self.desk, self.clock)
        self.poll()

    def send(self, name, payload, retained=False):
        """Return the replies that wait after a command, parsed."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.answers.hear(name, raw, retained)
        replies = self.replies()
        if any(reply["ok"] for reply in replies):
            contract_of_mqtt.check("wallbox/box/command/" + name, raw or b"null")
        return replies

    def ask(self, name, payload, retained=False):
        replies = self.send(name, payload, retained)
        assert len(replies) == 1, replies
        return replies[0]

    def refused(self, name, payload=None):
        """Return why a command is refused; it must be."""
        reply = self.ask(name, payload)
        assert not reply["ok"] and reply["reason"].startswith(name), reply
        return reply["reason"]

    def replies(self):
        for text in self.answers.waiting:
            contract_of_mqtt.check("wallbox/box/reply", text.encode())
        waiting = [json.loads(text) for text in self.answers.waiting]
        self.answers.waiting.clear()
        return waiting

    def poll(self, span_ms=0, step_ms=100):
        """Let time pass, with a turn of the services every step."""
        end_ms = clock_ms[0] + span_ms
        while True:
            self.clock.poll(clock_ms[0])
            self.permission.poll(clock_ms[0])
            self.answers.poll(clock_ms[0])
            if clock_ms[0] >= end_ms:
                return
            clock_ms[0] = min(clock_ms[0] + step_ms, end_ms)


def ask(requests, name, payload, retained=False) -> str:
    """Return the reply to one command, as text."""
    asked = Asked(requests)
    asked.answers.hear(name, payload, retained)
    return asked.answers.waiting[0]
