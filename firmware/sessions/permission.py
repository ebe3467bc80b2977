"""Whether anybody lets the box charge now: pause, schedule, authorisation. Writes into Requests.

A schedule saves money and protects nothing, so while the time is not known it neither stops nor
frees the box: the safe current applies. Authorisation is for one plug-in: the control loop itself
compares the session's number, so a service that is late lets nobody in.
"""

import time

from exchange import ANYONE, NOBODY
from micropython import const

from energy.schedule import Schedule
from energy.time_zone import TimeZone
from state.records import NO_LIMIT

WINDOW_MS = 60_000  # from an authorisation to the plug: docs/conformity.md, peer 23
_CHECK_MS = const(1_000)
LIMIT = "schedule"  # name of the limit that holds while the time is unknown


class Permission:
    """config, snapshot, requests, clock: as everywhere. complaints: what the config has wrong."""

    def __init__(self, config, snapshot, requests, clock):
        self._config = config
        self._snapshot = snapshot
        self._requests = requests
        self._clock = clock
        self._resumes_ms = None
        self._granted_ms = 0
        self._checked_ms = None
        self._unsaved = None
        self._limit_da = NO_LIMIT
        self.complaints = []
        self.zone = self._read("timezone", TimeZone, "UTC0")
        self.schedule = self._read("schedule", Schedule, "")
        if config["authorisation"] != "free":
            requests.authorised_for = NOBODY

    def poll(self, now_ms):
        """Let time pass over all three. now_ms: ticks_ms()."""
        if self._resumes_ms is not None and time.ticks_diff(now_ms, self._resumes_ms) >= 0:
            self.pause(0, now_ms)
        self._watch_authorisation(now_ms)
        if self._checked_ms is None or time.ticks_diff(now_ms, self._checked_ms) >= _CHECK_MS:
            self._checked_ms = now_ms
            self._judge_schedule()
            self._save()

    def pause(self, seconds: int, now_ms):
        """Do not charge for so long; 0 goes on at once."""
        self._resumes_ms = time.ticks_add(now_ms, seconds * 1_000) if seconds else None
        self._requests.paused = 1 if seconds else 0

    def plan(self, text: str):
        """Charge only in these windows. Raises ValueError and keeps the old ones.

        In force at once; saved when the contactor is open, because saving erases flash.
        """
        self.schedule = Schedule(text)
        self._unsaved = text
        self._judge_schedule()
        self._save()

    def is_saved(self) -> bool:
        return self._unsaved is None

    def authorise(self, who: str, now_ms):
        """Let who charge: in this plug-in, or in one that begins within WINDOW_MS."""
        requests, snapshot = self._requests, self._snapshot
        requests.authorised_by = who
        self._granted_ms = now_ms
        if requests.authorised_for != ANYONE:
            following = snapshot.next_session  # read first: see _watch_authorisation
            requests.authorised_for = snapshot.session_number or following

    def withdraw(self):
        """Nobody is authorised any more; a running session stops if one must be."""
        self._requests.authorised_by = ""
        if self._requests.authorised_for != ANYONE:
            self._requests.authorised_for = NOBODY

    def resume(self, session: int, who: str):
        """A restart cut this session, which who had been let into."""
        self._requests.authorised_by = who
        if who and self._requests.authorised_for != ANYONE:
            self._requests.authorised_for = session

    def _watch_authorisation(self, now_ms):
        """Forget it when its session is over, or when no car came in time."""
        requests, snapshot = self._requests, self._snapshot
        following = snapshot.next_session  # before the number: control writes them the other way
        session = snapshot.session_number
        if requests.authorised_for in (ANYONE, NOBODY):
            if requests.authorised_by and session == 0 and self._is_late(now_ms):
                requests.authorised_by = ""
        elif session != requests.authorised_for:
            if following > requests.authorised_for or self._is_late(now_ms):
                self.withdraw()

    def _is_late(self, now_ms):
        return time.ticks_diff(now_ms, self._granted_ms) >= WINDOW_MS

    def _judge_schedule(self):
        unix_s = self._clock.unix_s()
        if unix_s or self.schedule.is_empty():
            inside = self.schedule.allows(unix_s + self.zone.offset_s(unix_s))
            limit_da = NO_LIMIT
        else:
            inside = True
            limit_da = self._config["safe_current_a"] * 10
        self._requests.in_window = 1 if inside and self._limits(limit_da) else 0

    def _limits(self, limit_da):
        """Return whether this limit holds: with no place left rather nothing than too much."""
        if limit_da != self._limit_da:
            try:
                self._requests.limit_locally(LIMIT, limit_da)
            except ValueError:
                return False
            self._limit_da = limit_da
        return True

    def _save(self):
        snapshot = self._snapshot
        if self._unsaved is None or snapshot.contactor_command or snapshot.contactor_closed:
            return
        text, self._unsaved = self._unsaved, None
        try:
            self._config.set("schedule", text)
        except OSError as wrong:
            self.complaints.append("schedule: not saved: %s" % wrong)

    def _read(self, name, kind, otherwise):
        """Return what the config says, or the default where it cannot be read."""
        try:
            return kind(self._config[name])
        except ValueError as wrong:
            self.complaints.append("config %s" % wrong)
            return kind(otherwise)
