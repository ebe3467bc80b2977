"""Signs the readings at the start and the end of each session, and hands the records over.

A signature is half a second of arithmetic on the board (docs/storage.md), a little each turn and
only while the contactor is open: what is not done when it closes goes on when it opens. A session
that ended waits as a draft in the journal until its record is complete. Without a key, or where it
cannot be saved, records go out unsigned.
"""

import json
from binascii import hexlify

from micropython import const
from unloading import unload

_ARITHMETIC = const(("storage.p256", "storage.ocmf"))  # not needed between two signatures
_STEPS = const(16)  # bits of a scalar a turn, about 20 ms on the board


class Signing:
    """key: storage.meter_key.MeterKey, or None. serial: what the chip is called in the records.

    tell(event): numbers an event and puts it into the outbox (cloud.reporter.Reporter.tell).
    """

    def __init__(self, key, serial: str, snapshot, book, outbox, tell):
        self._key = key
        self._serial = serial
        self._snapshot = snapshot
        self._book = book
        self._outbox = outbox
        self._tell = tell
        self._work = None
        self._public = ""

    def poll(self, _=None):
        """Do a few steps, if the contactor is open and something is to be signed."""
        if self._snapshot.contactor_command or self._snapshot.contactor_closed:
            return
        self._work = self._work or self._next()
        for _ in range(_STEPS):
            if not self._advance():
                return

    def keep(self):
        """Write the drafts anew, so that they stay near the journal's end."""
        for record in self._book.closed:
            self._outbox.append("draft", json.dumps(record).encode())

    def _next(self):
        """Return the next work as a generator, None if there is none."""
        key = self._key
        if key is None:
            return self._unsigned() if self._book.closed else None
        if not self._public:
            self._public = key.public_hex()
            return None if self._public else self._new_key(key)
        if self._book.closed:
            return self._closing(key, self._book.closed[0])
        if self._book.number and not self._book.is_signed():
            return self._opening(key)
        return None

    def _advance(self):
        """Do one step of the work. Return False if it ended."""
        if self._work is None:
            return False
        try:
            next(self._work)
            return True
        except StopIteration:
            pass
        except OSError as wrong:  # the key was not saved: without it for this run
            self._tell({"event": "storage", "text": "meter key: %s" % wrong})
            self._key = None
        self._work = None
        for name in _ARITHMETIC:
            unload(name)
        return False

    def _new_key(self, key):
        yield from key.make()
        self._public = key.public_hex()
        self._tell({"event": "meter_key", "key": self._public})

    def _opening(self, key):
        opening = self._book.opening()
        yield from self._tell_opening(key, opening)
        if self._book.number == opening["session"]:
            self._book.note_signed()

    def _tell_opening(self, key, record):
        from storage import ocmf

        signed = yield from self._signed(key, ocmf.begin(self._serial, record))
        self._tell({"event": "meter_signed", "session": record["session"], "ocmf": signed})

    def _closing(self, key, record):
        """The opening too, if the session left no time for it."""
        from storage import ocmf

        if not record["signed"]:
            yield from self._tell_opening(key, record)
            record["signed"] = 1
        record["ocmf"] = yield from self._signed(key, ocmf.end(self._serial, record))
        record["key"] = self._public
        self._hand_over(record)

    def _signed(self, key, payload):
        from storage import ocmf

        signature = yield from key.sign(payload.encode())
        return ocmf.text(payload, hexlify(signature).decode())

    def _unsigned(self):
        while self._book.closed:
            self._hand_over(self._book.closed[0])
            yield

    def _hand_over(self, record):
        """The record first, then forget the draft: a cut between them sends it again."""
        # a copy: what fails here for want of memory is done again with the whole record
        told = {name: record[name] for name in record if name != "signed"}
        self._outbox.append("session", json.dumps(told).encode())
        self._book.closed.pop(0)
