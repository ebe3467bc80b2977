"""Years of storage in minutes: micropython storage_years.py sessions|checkpoints. One JSON object.

The storage classes are driven directly, as the services drive them: records of a session's size
in a session's order, sent one by one; checkpoints at the pace of a box that charges every day.
"""

import gc
import json
import sys

import utime

from plant.flash import SECTOR, Flash
from storage.flash_store import FlashStore
from storage.journal import DRAFT, EVENT, MARK, SESSION
from storage.journal_tail import Tail
from storage.reading import Reading

SECTORS = 192
SESSIONS = 10_000
DAYS = 365
DAY_WS = 22_000 * 3_600
STEP_WS = 10_800  # checkpoints.STEP_WS
MINUTE_WS = 11_000 * 60  # of the rest, charged with 11 kW
EVENTS = ((MARK, 220), (EVENT, 560), (EVENT, 200), (EVENT, 200), (MARK, 260), (EVENT, 120))
EVENTS += ((EVENT, 120), (EVENT, 200), (MARK, 260), (DRAFT, 800), (EVENT, 160), (SESSION, 1_240))


class Counted(Flash):
    """read: bytes since the last reset of the figure."""

    read = 0

    def readblocks(self, block, buf, offset=0):
        self.read += len(buf)
        Flash.readblocks(self, block, buf, offset)


def start(device):
    """Start as after a power cut. Return (store, bytes read, microseconds, heap bytes)."""
    gc.collect()
    before, device.read, since = gc.mem_alloc(), 0, utime.ticks_us()
    store = FlashStore(device)
    Tail(store.journal)
    span_us = utime.ticks_diff(utime.ticks_us(), since)
    gc.collect()
    return store, device.read, span_us, gc.mem_alloc() - before


def sessions():
    device = Counted(SECTORS)
    store = FlashStore(device)
    starts, spans, seq, sent = [], [], 0, 0
    for tenth in range(10):
        since = utime.ticks_us()
        for number in range(SESSIONS // 10):
            seq, sent = one_session(store, tenth * SESSIONS // 10 + number + 1, seq, sent)
        spans.append(utime.ticks_diff(utime.ticks_us(), since) // (SESSIONS // 10))
        store, read, span_us, heap = start(device)
        starts.append((read, span_us, heap))
        if store.journal.seq != seq or store.journal.peek() or store.journal.dropped:
            raise AssertionError("the journal is not what was written")
    return {
        "sent": sent,
        "session_us": [spans[0], spans[-1]],
        "start_bytes": [starts[1][0], starts[-1][0]],
        "start_ms": [starts[1][1] / 1_000, starts[-1][1] / 1_000],
        "heap": starts[-1][2],
        "erases": max(device.erases),
    }


def one_session(store, number, seq, sent):
    journal = store.journal
    for kind, size in EVENTS:
        seq += kind == EVENT
        text = '{"event": "x", "session": %d, "seq": %d, "f": "' % (number, seq)
        text += "x" * (size - len(text) - 2) + '"}'
        while not journal.append(kind, text.encode(), seq):
            store.prepare()
        record = journal.peek()
        while record:
            journal.done(record[2])
            sent += 1
            record = journal.peek()
    while store.prepare():
        pass
    return seq, sent


def checkpoints():
    device = Counted(SECTORS)
    store = FlashStore(device)
    while store.prepare():
        pass
    reading, spans, starts, kept = Reading(), [], [], 0
    for day in range(DAYS):
        since = utime.ticks_us()
        left_ws = DAY_WS
        while left_ws > 0:
            step_ws = min(MINUTE_WS if store.register.pace_s() else STEP_WS, left_ws)
            left_ws -= step_ws
            add(reading, step_ws)
            if not store.register.keep(reading):
                raise AssertionError("no room on day %d" % day)
            kept += 1
        while store.prepare():
            pass
        spans.append(utime.ticks_diff(utime.ticks_us(), since) // 1_000)
        if day % 60 == 59:
            store, read, span_us, _ = start(device)
            starts.append((read, span_us))
            if store.register.last.total_ws() != reading.total_ws():
                raise AssertionError("the register is not what was kept")
    return {
        "kept": kept,
        "day_ms": [sum(spans[:30]) // 30, sum(spans[-30:]) // 30],
        "start_bytes": [starts[0][0], starts[-1][0]],
        "start_ms": [starts[0][1] / 1_000, starts[-1][1] / 1_000],
        "erases": max(device.erases),
        "kwh": reading.total_ws() // 3_600_000,
    }


def add(reading, ws):
    ws += reading.rest_ws[0]
    reading.total_wh[0] += ws // 3_600
    reading.rest_ws[0] = ws % 3_600


told = {"sessions": sessions, "checkpoints": checkpoints}[sys.argv[1]]()
told["bytes"] = SECTORS * SECTOR
print(json.dumps(told))
