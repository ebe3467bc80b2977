"""What the journal can tell: events by number, sessions newest first, and sessions as CSV.

For the console, the cloud's `journal/read` and `box sessions`, which reads an image of the flash.
"""

import json

from storage.journal import DRAFT, SESSION

# column of the CSV: where it is in a session's record
COLUMNS = (
    "session",
    "start_s",
    "start_clock",
    "end_s",
    "clock",
    "start_cause",
    "end_cause",
    "authorised_by",
    "energy_wh",
    "phase_wh",
    "meter_wh",
    "seconds",
    "charging_s",
    "peak_a",
    "mean_a",
    "limits_s",
    "faults",
    "interruptions",
    "restarts",
    "closings",
    "ocmf",
    "key",
)


def event(journal, number: int):
    """Return the event of this number as a dict, None if it made room or never was.

    Sectors are in the order of their numbers: few of them are read.
    """
    for payload in journal.around(number):
        if b'"seq": %d' % number in payload:
            told = json.loads(payload)
            if told["seq"] == number:
                return told
    return None


def sessions(journal):
    """Yield the records of sessions, newest first; one that waits for its signature has no ocmf.

    Reading on costs about a second a thousand records on the board: stop when you have enough.
    """
    seen = set()
    for kind, _, payload in journal.newest_first():
        if kind in (SESSION, DRAFT):
            record = json.loads(payload)
            if record["session"] not in seen:
                seen.add(record["session"])
                yield record


def session(journal, number: int):
    """Return the record of this session, or None."""
    for record in sessions(journal):
        if record["session"] <= number:
            return record if record["session"] == number else None
    return None


def csv_lines(records):
    """Yield a heading and one line a record; lists are joined by spaces."""
    yield ",".join(COLUMNS)
    for record in records:
        yield ",".join([cell(record.get(name)) for name in COLUMNS])


def cell(value) -> str:
    """Return a value as CSV (RFC 4180); what a spreadsheet would take for a formula is defused."""
    if value is None:
        return ""
    if isinstance(value, dict):
        value = ["%s=%s" % (name, value[name]) for name in sorted(value)]
    if isinstance(value, list):
        value = " ".join([str(one) for one in value])
    if not isinstance(value, str):
        return str(value)
    if value[:1] in ("=", "+", "-", "@"):
        value = "'" + value
    return '"%s"' % value.replace('"', '""') if any(c in ',"\n\r' for c in value) else value
