"""Composition: board and config in, the parts of a box out. No decisions of its own.

Needed once: wallbox.py loads it to be furnished and forgets it, with all that only this needs.
"""

from binascii import hexlify

import assembly
import slots
from control import Control
from core_settings import limits_da, settings
from exchange import WELD, Requests, Snapshot
from machine import RTC, unique_id
from unloading import unload
from wall_clock import WallClock

from cloud.answers import Answers
from cloud.desk import Desk
from cloud.network_time import NetworkTime
from cloud.outbox import Outbox
from cloud.reporter import Reporter
from cloud.route import Route
from cloud.standstill import Standstill
from drivers.calendar import Calendar
from sessions import resumption
from sessions.book import SessionBook
from sessions.checkpoints import Checkpoints
from sessions.permission import Permission
from sessions.signing import Signing
from storage.flash_store import FlashStore, partition
from storage.journal_tail import Tail
from storage.reading import Reading

ONCE = ("core_settings", "sessions.resumption", "storage.journal_tail", "assembly")


def furnish(box, board, config, key):
    """Give a wallbox.Box its parts; the arguments are the box's own. Return its control."""
    box.board_name = board.NAME
    box.snapshot = Snapshot()
    box.requests = Requests()
    box.wiring = assembly.drivers_of(board)
    memory, reserved = box.recovery.memory, box.reserved
    store = FlashStore(partition())
    reading = newest(memory, store.register)
    tail = Tail(store.journal)
    resumption.settle(reading, tail)
    box.requests.remember(reading.kept, config["safe_current_a"] * 10)
    box.control = Control(
        box.wiring,
        settings(box.wiring, board, config, reading, memory.crashes),
        limits_da(board, config),
        box.snapshot,
        box.requests,
        reserved.entries if reserved else None,
    )
    reading.give(box.snapshot)
    box.clock = WallClock(tail.clock)
    box.permission = Permission(config, box.snapshot, box.requests, box.clock)
    box.book = SessionBook(box.snapshot, box.requests, box.clock)
    box.checkpoints = Checkpoints(store, box.snapshot, box.book)
    box.journal = store.journal
    box.book.on_start = box.checkpoints.keep
    box.outbox = Outbox(store.journal)
    box.reporter = Reporter(
        config,
        box.snapshot,
        box.requests,
        box.control.core.events,
        box.outbox,
        box.book,
        box.clock,
    )
    if not box.wiring.meter:
        key = None
    serial = hexlify(unique_id()).decode()
    tell = box.reporter.tell
    box.signing = Signing(key, serial, box.snapshot, box.book, box.outbox, tell)
    resumption.resume(reading, tail, box.book, box.outbox, tell)
    box.permission.resume(reading.session, box.book.by())
    complain(box, "config_refused", config.complaints + box.permission.complaints)
    complain(box, "storage", store.complaints + (key.complaints if key else []))
    connect(box, board, config)
    for name in ONCE:
        unload(name)
    return box.control


def connect(box, board, config):
    """Give it the parts that speak with others."""
    guarded = hasattr(board, "PILOT_GUARD")
    box.standstill = Standstill(box.snapshot, box.requests, guarded)
    box.calendar = Calendar(RTC())
    box.network_time = NetworkTime(config, box.clock, box.standstill.allows)
    box.route = Route(config, box.standstill, box.prepare_tls, box.tend)
    box.setup = assembly.setup_network(box)
    box.station = box.link = box.updates = None
    box.errands = []  # what the console wants done by the services' thread; True: again later
    box.service_failure = None  # the last exception of a service
    box.failed_services = []  # the names of all that ever failed
    box.pauses = {}  # of services that failed, by name
    if slots.current and slots.current.running and box.recovery.allows_updates():
        from update.on_demand import Updates

        box.updates = Updates(slots.current, board, box.snapshot, box.requests, box)
        box.requests.updates = box.updates
    box.answers = Answers(desk_of(box), box.clock)


def complain(box, event, texts):
    for text in texts:
        box.tell({"event": event, "text": text})


def desk_of(box):
    parts = (box.config, box.snapshot, box.requests, box.permission, box.journal, box.restart)
    desk = Desk(*parts)
    desk.has_lock = box.control.core.settings.has_lock
    desk.has_monitor_test = box.control.core.settings.has_residual_test
    return desk


def newest(memory, register):
    """Return the reading that has counted further: RTC memory's or the flash's.

    A weld that either of them knows is in it. What was asked for is the RTC memory's word, which
    is a second old where the flash's may be a minute old; a power cut leaves only the flash's.
    """
    reading = memory.reading
    if not register:
        return reading
    last = register.last
    kept = reading.kept | last.kept & WELD if memory.is_whole else last.kept
    if register.last.total_ws() >= reading.total_ws():
        reading = Reading()
        reading.unpack(register.last.pack())
    reading.kept = kept
    return reading
