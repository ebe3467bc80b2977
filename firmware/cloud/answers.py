"""A command's way in and its reply's way out: id, expiry, rate, and never the same one twice.

A payload is a JSON value, or {"id": ..., "expires_s": ..., "value": ...}. The same id again gets
the same reply and does nothing; readings do nothing anyway and are answered afresh. A command
that says when it expires is refused once that time has passed, and also while the box does not
know the time: repeat it without.
"""

import json
import time

from micropython import const

from cloud.checks import shown
from cloud.commands import COMMANDS, READINGS, UNCOUNTED
from cloud.rate import Rate

AT_ONCE = 20
EACH_MS = 500
REMEMBERED = 16
LONGEST_ID = 64
_LONGEST_NAME = const(32)


class Answers:
    """desk: cloud.desk.Desk. clock: wall_clock.WallClock. waiting: replies to be sent, JSON."""

    def __init__(self, desk, clock):
        self.waiting = []
        self._desk = desk
        self._clock = clock
        self._rate = Rate(AT_ONCE, EACH_MS)
        self._told_rate = False
        self._known = []  # [id, command, reply or None while it is under way], oldest first
        self._testing = None  # its entry

    def hear(self, name: str, payload: bytes, retained: bool):
        """Carry out one command; its reply is in waiting now or later."""
        name = name[:_LONGEST_NAME]
        now_ms = self._desk.now_ms = time.ticks_ms()
        if name not in UNCOUNTED and not self._rate.take(now_ms):
            if not self._told_rate:  # then silence: a flood gets no flood of replies
                self._tell(None, name, "%s: too many commands" % name)
            self._told_rate = True
            return
        self._told_rate = False
        self._answer(name, payload, retained)

    def poll(self, now_ms):
        """Let what was begun go on. now_ms: ticks_ms()."""
        outcome = self._desk.poll(now_ms)
        entry = self._testing
        if outcome is not None and entry:
            self._testing = None
            entry[2] = self._tell(entry[0], "selftest", outcome)

    def _answer(self, name, payload, retained):
        entry = [None, name, None]
        told, why = None, ""
        try:
            if retained:
                raise ValueError("%s: retained commands are refused" % name)
            if name not in COMMANDS:
                raise ValueError("%s: unknown, known: %s" % (name, ", ".join(sorted(COMMANDS))))
            identity, expires_s, value = _opened(name, _parsed(name, payload))
            known = self._recall(identity)
            if known:
                self._repeat(known, name)
                return
            entry[0] = identity
            if name not in READINGS:
                self._remember(entry)
            self._check_expiry(name, expires_s)
            told = COMMANDS[name](self._desk, value)
            if name == "selftest":
                self._testing = entry
                return
        except ValueError as wrong:
            why = str(wrong)
        entry[2] = self._tell(entry[0], name, why, told)

    def _repeat(self, known, name):
        identity, before, reply = known
        if before != name:
            self._tell(identity, name, "%s: this id was %s's" % (name, before))
        elif reply is not None:
            self.waiting.append(reply)

    def _recall(self, identity):
        for entry in self._known:
            if identity is not None and entry[0] == identity:
                return entry
        return None

    def _remember(self, entry):
        if entry[0] is None:
            return
        self._known.append(entry)
        if len(self._known) > REMEMBERED:
            self._known.pop(0)

    def _check_expiry(self, name, expires_s):
        if expires_s is None:
            return
        if type(expires_s) is not int:
            raise ValueError("%s.expires_s: %s is not a whole number" % (name, shown(expires_s)))
        now_s = self._clock.unix_s()
        if not now_s:
            raise ValueError("%s: expires, and the box does not know the time" % name)
        if not now_s <= expires_s:
            raise ValueError("%s: expired at %s, now it is %d" % (name, shown(expires_s), now_s))

    def _tell(self, identity, name, why, told=None):
        reply = {"id": identity, "command": name, "ok": not why, "reason": why}
        if told is not None:
            reply["value"] = told
        text = json.dumps(reply)
        self.waiting.append(text)
        return text


def _parsed(name, payload):
    if not payload and name != "limit":  # who clears a retained limit sends an empty one
        return None
    try:
        return json.loads(payload)
    except (ValueError, UnicodeError):
        raise ValueError("%s: the payload is not JSON" % name)


def _opened(name, value):
    """Return (id, expires_s, value) of what came; a bare value has neither."""
    if not isinstance(value, dict) or ("id" not in value and "expires_s" not in value):
        return None, None, value
    identity = _checked_id(name, value.pop("id", None))
    expires_s = value.pop("expires_s", None)
    if "value" in value:
        return identity, expires_s, value["value"]
    return identity, expires_s, value or None


def _checked_id(name, identity):
    if identity is not None and type(identity) not in (str, int):  # two floats are soon the same
        raise ValueError("%s.id: %s is not a text or a whole number" % (name, shown(identity)))
    if isinstance(identity, str) and len(identity) > LONGEST_ID:
        raise ValueError("%s.id: longer than %d characters" % (name, LONGEST_ID))
    return identity
