"""Turns the core's events into records of the outbox; says when state and telemetry are due."""

import json
import time

from micropython import const
from version import VERSION

from cloud import topics

UNCHANGING = {"installed_version": VERSION, "latest_version": VERSION}  # without slots
_STATE_MS = const(1_000)  # a state that flickers is told at most this often


class Reporter:
    """outbox: cloud.outbox.Outbox. book: sessions.book.SessionBook. clock: wall_clock.WallClock.

    listeners: functions that also get every event as a dict, at once.
    """

    def __init__(self, config, snapshot, requests, events, outbox, book, clock):
        self._snapshot = snapshot
        self._requests = requests
        self._events = events
        self._telemetry_ms = config["telemetry_s"] * 1_000
        self._told_ms = None
        self._stated_ms = None
        self._stated = None
        self._updated = None
        self._book = book
        self._clock = clock
        self.outbox = outbox
        self.listeners = []

    def poll(self):
        """Take what the core has told since the last turn."""
        self.outbox.settle()
        event = self._events.next()
        while event:
            self._record(event)
            event = self._events.next()

    def state(self, now_ms: int):
        """Return the state's payload if it changed since the last call or forget(), or None."""
        if self._stated_ms is not None and time.ticks_diff(now_ms, self._stated_ms) < _STATE_MS:
            return None
        self._stated_ms = now_ms
        payload = json.dumps(topics.state(self._snapshot, self._requests))
        if payload == self._stated:
            return None
        self._stated = payload
        return payload

    def update(self):
        """Return the payload about updates if it changed since the last call or forget()."""
        updates = self._requests.updates
        payload = json.dumps(updates.report() if updates else UNCHANGING)
        if payload == self._updated:
            return None
        self._updated = payload
        return payload

    def telemetry(self, now_ms: int):
        """Return a telemetry payload when one is due, or None."""
        if self._told_ms is not None:
            if time.ticks_diff(now_ms, self._told_ms) < self._telemetry_ms:
                return None
        self._told_ms = now_ms
        return json.dumps(topics.telemetry(self._snapshot))

    def forget(self):
        """The broker may have lost what was told: tell everything again."""
        self._stated = None
        self._updated = None
        self._stated_ms = None
        self._told_ms = None

    def _record(self, event):
        self.tell(topics.describe(event, self._requests))

    def tell(self, told: dict):
        """Number what happened, put it into the outbox and show it to the listeners."""
        told["seq"] = self.outbox.next_seq()
        told["time_s"] = self._clock.unix_s() or None
        if told["event"] == "session_started":
            self._book.start(told["session"])
        elif told["event"] == "session_ended":  # what is told as ended has its record
            self.outbox.append("draft", json.dumps(self._book.close(told)).encode())
        self.outbox.append("event", json.dumps(told).encode())
        for listener in self.listeners:
            listener(told)
