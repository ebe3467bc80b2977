"""Meter values of a session in the Open Charge Metering Format 1.2, ready to be signed.

SAFE e.V., github.com/SAFE-eV/OCMF-Open-Charge-Metering-Format; tables are named where they are
used. This is the form only: no box with this firmware has a calibration-law approval.
"""

import json

import utc
from micropython import const

_FORMAT = const("1.2")
_ALGORITHM = const("ECDSA-secp256r1-SHA256")  # table 22
_TOTAL_IMPORT = const("1-b:1.8.0")  # OBIS, as in the format's own example
TIME_STATUS = {"unknown": "U", "informative": "I", "synchronised": "S"}  # table 19
END = {"unplugged": "E", "restarted": "P"}  # table 7: end, and end by power failure
_LONGEST_ID = const(40)  # table 17
_NO_TIME = const("1970-01-01T00:00:00,000+0000 U")
# texts, because MicroPython keeps no order of its dicts and writes floats with 32 bits
_PAYLOAD = const('{"FV":"%s","GI":"wallbox","GS":"%s","PG":"T%d","MS":"%s",%s,"RD":[%s]}')
_NOBODY = const('"IS":false,"IT":"NONE"')
_SOMEBODY = const('"IS":true,"IT":"LOCAL","ID":%s')  # table 11: no level of trust is claimed
_READING = const(
    '{"TM":"%s","TX":"%s","RV":%d.%03d,"RI":"%s","RU":"kWh","RT":"AC","EF":"%s","ST":"G"}'
)


def begin(serial: str, record: dict) -> str:
    """Return the payload of the record that opens a transaction.

    record: of sessions.book.SessionBook: session, start_s, start_clock, authorised_by, meter_wh.
    """
    return _payload(serial, record, 2 * record["session"] - 1, _begin(record))


def end(serial: str, record: dict) -> str:
    """Return the payload of the record that closes it; it holds both readings."""
    cause = END.get(record["end_cause"], "E")
    flags = "t" if record["restarts"] else ""  # the time without supply was not metered
    moment = _moment(record["end_s"], record["clock"])
    closing = _reading(moment, cause, record["meter_wh"][1], flags)
    return _payload(serial, record, 2 * record["session"], _begin(record) + "," + closing)


def text(payload: str, signature_hex: str) -> str:
    """Return the whole record: header, payload, signature."""
    return 'OCMF|%s|{"SA":"%s","SD":"%s"}' % (payload, _ALGORITHM, signature_hex)


def _payload(serial, record, page, readings):
    """page: two a session, so that pages of the transaction context (table 2) leave no gap."""
    user = _user(record["authorised_by"])
    return _PAYLOAD % (_FORMAT, serial, page, serial, user, readings)


def _user(name):
    """The box believes whoever told it."""
    if not name:
        return _NOBODY
    plain = name.replace("|", "/")  # the sign that parts sections is not allowed within (4.1)
    return _SOMEBODY % json.dumps(plain[:_LONGEST_ID])


def _begin(record):
    moment = _moment(record["start_s"], record["start_clock"])
    return _reading(moment, "B", record["meter_wh"][0], "")


def _reading(moment, cause, wh, flags):
    """Wh as kWh with three places."""
    return _READING % (moment, cause, wh // 1_000, wh % 1_000, _TOTAL_IMPORT, flags)


def _moment(unix_s, quality):
    """ISO 8601 with milliseconds, and the time's status."""
    if not unix_s:
        return _NO_TIME
    when = utc.date(unix_s)[:6]
    return "%04d-%02d-%02dT%02d:%02d:%02d,000+0000 " % when + TIME_STATUS[quality]
