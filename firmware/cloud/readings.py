"""What a command may read: config, journal, black box; and the few values that it may set.

Loaded when first asked for.
"""

import json

from micropython import const

from cloud.checks import check_number, check_open, shown
from energy.time_zone import TimeZone
from storage.config import FIELDS, REMOTELY
from storage.journal import EVENT, SESSION

_LONGEST_DUMP = const(100)
_MOST_RECORDS = const(50)
_PAGE_BYTES = const(1_500)  # of records in a reply
_HIGHEST_SEQ = const(0x7FFFFFFF)
KINDS = {EVENT: "event", SESSION: "session"}


def config(desk, value):
    values = desk.config.shown()
    if value is None:
        return values
    if not isinstance(value, str) or value not in values:
        raise ValueError("config/get: %s is no name" % shown(value))
    return {value: values[value]}


def set_config(desk, value):
    """{"telemetry_s": 5}: all of the values or none; they count from the next start."""
    if not value or not isinstance(value, dict):
        raise ValueError("config/set: %s is not an object of names and values" % shown(value))
    for name in value:
        if name in FIELDS and name not in REMOTELY:
            raise ValueError("config/set: %s is set at the box only" % name)
    if "timezone" in value and isinstance(value["timezone"], str):
        TimeZone(value["timezone"])
    check_open("config/set", desk.snapshot)  # saving erases flash
    try:
        desk.config.set_all(value)
    except OSError as wrong:
        raise ValueError("config/set: not saved: %s" % wrong)
    return {"restart": True}


def journal(desk, value):
    """{"before": 120, "count": 10}: so many records with smaller numbers, as many as fit.

    An event and the session that it closes share a number and a page.
    """
    before, count = _page(value)
    if desk.journal is None:
        raise ValueError("journal/read: this box has no journal")
    records, size = [], 0
    following = None
    for kind, seq, payload in desk.journal.newest_first():
        if seq >= before or kind not in KINDS:  # the box's notes to itself stay its own
            continue
        full = len(records) >= count or size + len(payload) > _PAGE_BYTES
        if full and records and records[-1]["seq"] != seq:
            following = records[-1]["seq"]
            break
        size += len(payload)
        records.append({"kind": KINDS[kind], "seq": seq, "record": _parsed(payload)})
    return {"records": records, "before": following}


def _parsed(payload):
    try:
        return json.loads(payload)
    except (ValueError, UnicodeError):
        return None


def _page(value):
    value = {} if value is None else value
    if not isinstance(value, dict):
        raise ValueError("journal/read: %s is not an object" % shown(value))
    for key in value:
        if key not in ("before", "count"):
            raise ValueError("journal/read.%s: unknown, known: before, count" % key)
    before, count = value.get("before", _HIGHEST_SEQ), value.get("count", _MOST_RECORDS)
    check_number("journal/read.before", before, 1, _HIGHEST_SEQ)
    check_number("journal/read.count", count, 1, _MOST_RECORDS)
    return before, int(count)


def blackbox(desk, value):
    """One line of the dump: 0 is its head. The reply says how many there are."""
    check_number("blackbox/read", value, 0, _LONGEST_DUMP)
    parts = -1
    wanted = None
    for parts, line in enumerate(desk.requests.blackbox.lines()):
        if parts == value:
            wanted = line
    if wanted is None:
        raise ValueError("blackbox/read: %s is not from 0 to %d" % (value, parts))
    return {"part": value, "parts": parts + 1, "line": wanted}
