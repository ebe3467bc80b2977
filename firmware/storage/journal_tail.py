"""What the newest records say about sessions, read once after a start.

Bounded, so that starting takes the same time after a day and after years. What must be found is
near the end: notes of a running session and drafts are written anew every ten minutes.
"""

import json

from micropython import const

from storage.journal import DRAFT, EVENT, MARK, SESSION

_LOOK_BACK = const(512)  # records
NAME = b'"session": '


class Tail:
    """journal: storage.journal.Journal, or None.

    drafts: records of sessions that ended and were not signed and handed over, oldest first.
    untold: the draft whose event session_ended a cut prevented, or None. notes: the last that were
    taken, or None. clock: what they say for the wall clock, or None. highest: the highest number
    of a session that was told, 0 for none.
    """

    def __init__(self, journal):
        self.drafts = []
        self.untold = None
        self.notes = self.clock = None
        self.highest = 0
        self._finished = set()
        self._ended = set()
        self._started = set()
        if journal:
            self._read(journal)

    def is_over(self, number: int) -> bool:
        """Return whether the session's record was written."""
        return number in self._finished

    def knows(self, number: int) -> bool:
        """Return whether the session's start was told, or notes of it were taken since."""
        return number in self._started or bool(self.notes and self.notes["session"] == number)

    def _read(self, journal):
        left = _LOOK_BACK
        for kind, _, payload in journal.newest_first():
            left -= 1
            if not left:
                return
            if kind == EVENT:
                self._read_event(payload)
            elif kind == SESSION:
                self._finished.add(session_of(payload))
            elif kind == DRAFT:
                self._read_draft(payload)
            elif kind == MARK and self.notes is None:
                self.notes = json.loads(payload)
                self.clock = self.notes.get("clock")

    def _read_event(self, payload):
        for name, found in (
            (b'"session_ended"', self._ended),
            (b'"session_started"', self._started),
        ):
            if name in payload:
                number = session_of(payload)
                found.add(number)
                self.highest = max(self.highest, number)

    def _read_draft(self, payload):
        number = session_of(payload)
        if number in self._finished:
            return
        self._finished.add(number)
        record = json.loads(payload)
        self.drafts.insert(0, record)
        self.highest = max(self.highest, number)
        if number not in self._ended:
            self.untold = record


def session_of(payload: bytes) -> int:
    """Return the number of the session that a record of ours is about, without parsing it."""
    at = payload.find(NAME) + len(NAME)
    end = at
    while payload[end : end + 1].isdigit():
        end += 1
    return int(payload[at:end]) if end > at else 0
