"""What a start makes of the last run's sessions: one that was cut goes on, none is told twice.

The order of writing is: a session's number (register), its start (event); its record (draft), its
end (event), its signed record (session). A cut between any two is completed here.
"""

import json


def settle(reading, tail):
    """Correct what the register says of sessions by what the journal has seen.

    reading: storage.reading.Reading. tail: storage.journal_tail.Tail.
    """
    if reading.session and tail.is_over(reading.session):
        reading.session = 0
    reading.next_session = max(reading.next_session, tail.highest + 1)


def resume(reading, tail, book, outbox, tell):
    """Go on with the cut session, finish what was not told. tell: Reporter.tell."""
    book.closed += tail.drafts
    if tail.untold:
        outbox.append("event", json.dumps(ended(tail.untold)).encode())
    if not reading.session:
        return
    book.resume(reading, tail.notes)
    if not tail.knows(reading.session):
        tell({"event": "session_started", "session": reading.session})


def ended(record: dict) -> dict:
    """Return the event that the record's session has ended, with the number it was given."""
    return {
        "event": "session_ended",
        "session": record["session"],
        "energy_wh": record["energy_wh"],
        "seconds": record["seconds"],
        "cause": record["end_cause"],
        "closings": record["closings"],
        "seq": record["seq"],
        "time_s": record["end_s"],
    }
