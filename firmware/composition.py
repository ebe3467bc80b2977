"""Composition: board and config in, a running box out. No decisions about hardware or charging."""

from binascii import hexlify
from time import sleep_ms, ticks_ms

import assembly
import slots
from calibrate import against_rails
from control import Control
from core_settings import limits_da, settings
from exchange import Requests, Snapshot
from machine import RTC, WDT_RESET, reset, reset_cause, unique_id
from metering.scaling import restore
from recovery import Recovery
from sessions import resumption
from sessions.book import SessionBook
from sessions.checkpoints import Checkpoints
from sessions.permission import Permission
from sessions.signing import Signing
from wall_clock import WallClock

from cloud.answers import Answers
from cloud.desk import Desk
from cloud.link import Link
from cloud.network_time import NetworkTime
from cloud.outbox import Outbox
from cloud.reporter import Reporter
from cloud.route import Route
from cloud.speakers import speakers
from cloud.standstill import Standstill
from drivers.calendar import Calendar
from storage.flash_store import FlashStore, partition
from storage.journal_tail import Tail
from storage.reading import Reading
from storage.reset_memory import ResetMemory
from update.service import Updates


class Box:
    """Everything of one box, wired. board: the board module. config: storage.config.Config.

    key: storage.meter_key.MeterKey; None: meter values are not signed.
    """

    def __init__(self, board, config, key=None):
        self.config = config
        self.board_name = board.NAME
        self.snapshot = Snapshot()
        self.requests = Requests()
        self.wiring = assembly.drivers_of(board)
        memory = ResetMemory(RTC())
        store = FlashStore(partition())
        reading = newest(memory.reading, store.register)
        tail = Tail(store.journal)
        resumption.settle(reading, tail)
        self.recovery = Recovery(memory, reset_cause() == WDT_RESET)
        self.requests.remember(reading.kept, config["safe_current_a"] * 10)
        self.control = Control(
            self.wiring,
            settings(self.wiring, board, config, reading, memory.crashes),
            limits_da(board, config),
            self.snapshot,
            self.requests,
        )
        reading.give(self.snapshot)
        self.clock = WallClock(tail.clock)
        self.permission = Permission(config, self.snapshot, self.requests, self.clock)
        self.book = SessionBook(self.snapshot, self.requests, self.clock)
        self.checkpoints = Checkpoints(store, self.snapshot, self.book)
        self.journal = store.journal
        self.book.on_start = self.checkpoints.keep
        self.outbox = Outbox(store.journal)
        self.reporter = Reporter(
            config,
            self.snapshot,
            self.requests,
            self.control.core.events,
            self.outbox,
            self.book,
            self.clock,
        )
        if not self.wiring.meter:
            key = None
        serial = hexlify(unique_id()).decode()
        tell = self.reporter.tell
        self.signing = Signing(key, serial, self.snapshot, self.book, self.outbox, tell)
        resumption.resume(reading, tail, self.book, self.outbox, tell)
        self.permission.resume(reading.session, self.book.by())
        self._complain("config_refused", config.complaints + self.permission.complaints)
        self._complain("storage", store.complaints + (key.complaints if key else []))
        guarded = hasattr(board, "PILOT_GUARD")
        self.standstill = Standstill(self.snapshot, self.requests, guarded)
        self.calendar = Calendar(RTC())
        self.network_time = NetworkTime(config, self.clock, self.standstill.allows)
        self.route = Route(config, self.standstill, self._set_calendar, self.tend)
        self.setup = assembly.setup_network(self)
        self.station = self.link = self.updates = None
        self.errand = None  # what the console wants done by the services' thread, once
        self.service_failure = None  # the last exception of a service
        if slots.current and slots.current.running:
            self.updates = Updates(slots.current, board, self.snapshot, self.requests, self)
            self.requests.updates = self.updates
        self.answers = Answers(self._desk(), self.clock)

    def _complain(self, event, texts):
        for text in texts:
            self.reporter.tell({"event": event, "text": text})

    def _desk(self):
        parts = (self.config, self.snapshot, self.requests, self.permission, self.journal, reset)
        desk = Desk(*parts)
        desk.has_lock = self.control.core.settings.has_lock
        desk.has_monitor_test = self.control.core.settings.has_residual_test
        return desk

    def calibrate(self):
        """Learn the unit's own rails; call once, before the first tick."""
        learned = against_rails(self.wiring.pilot, sleep_ms)
        self.wiring.clock.elapsed_ms()  # the first tick starts here, not at power-on
        return learned

    def scale_meter(self, path):
        """Let the meter count as the unit's calibration says; report if it cannot."""
        complaint = restore(self.wiring.meter, path)
        if complaint:
            self.reporter.tell({"event": "meter_uncalibrated", "text": complaint})

    def serve(self):
        """Give every service one turn."""
        self.tend()
        if self.link is None and self.config["broker_host"] and self.recovery.allows_cloud():
            self._go_online()
        link = self.link
        if link and (link.is_up() or self._may_connect()):
            link.poll(ticks_ms())
        if self.setup:
            self.setup.poll(ticks_ms())
        self.answers.poll(ticks_ms())  # last: it may restart the chip

    def tend(self):
        """Give every service but the link its turn; the link does so too while it waits."""
        now_ms = ticks_ms()
        errand, self.errand = self.errand, None
        if errand:
            errand()
        self.clock.poll(now_ms)
        restart = self.recovery.report()
        if restart:
            self.reporter.tell(restart)
        self.reporter.poll()
        notes = self.book.poll(now_ms)
        if notes:
            self.outbox.append("mark", notes)
            self.signing.keep()
        self.recovery.poll(now_ms, self.snapshot, self.control.failure)
        trouble = self.checkpoints.poll(now_ms)
        if trouble:
            self.tell({"event": "storage", "text": trouble})
        self.signing.poll()
        self.permission.poll(now_ms)
        self.standstill.poll(now_ms)
        if self.updates:
            self.updates.poll(now_ms)
        if self.link:
            self._tend_network(now_ms, self.link)

    def is_quiet(self) -> bool:
        """Return whether a flash write disturbs nothing now."""
        return self.checkpoints.may_erase()

    def cloud_why(self) -> str:
        """Return why there is no broker, "" if there is one."""
        if self.link is None:
            return "no broker configured" if self.recovery.allows_cloud() else "after crashes"
        return "" if self.link.is_up() else self.link.last_error or "not connected yet"

    def tell(self, event: dict):
        self.reporter.tell(event)

    def secured(self, raw, host: str):
        """Return a TLS socket over raw to a server that the owner's CA vouches for.

        Raises OSError or ValueError with a sentence; the first bytes written make the handshake.
        """
        if not self.recovery.allows_cloud():
            raise OSError("after crashes")
        from cloud.secure import certified

        self._set_calendar()
        return certified(raw, self.config, host)

    def restart(self):
        """Reset the chip. The contactor opens if it is not open yet."""
        reset()

    def _go_online(self):
        config = self.config
        if config["wifi_ssid"]:
            from cloud.station import station

            self.station = station(config, self.snapshot, reset)
        self.route.confirm = self.clock.confirm
        self.link = Link(config, self.answers, self.reporter, self.route)
        self.link.speakers = speakers(self)

    def rssi(self):
        """Return the strength of the radio's signal in dBm, or None."""
        return self.station.rssi() if self.station else None

    def _tend_network(self, now_ms, link):
        if self.station:
            self.station.poll(now_ms, link.is_up() or not self.route.is_free())
        if self.station is None or self.station.is_up():
            self.network_time.poll(now_ms, link.is_up())

    def _may_connect(self):
        """Certificates are judged by the time: the first answer is awaited for its two seconds."""
        if self.station and not self.station.is_up():
            return False
        return not (self.network_time.is_new and self.route.is_heavy())

    def _set_calendar(self):
        """Certificates are judged by the best time there is: never one before the floor."""
        self.calendar.set(self.clock.best_s())


def newest(reading, register):
    """Return the reading that has counted further: RTC memory's or the flash's.

    What either of them says that no restart may forget is in it.
    """
    if not register:
        return reading
    kept = reading.kept | register.last.kept
    if register.last.total_ws() >= reading.total_ws():
        reading = Reading()
        reading.unpack(register.last.pack())
    reading.kept = kept
    return reading
