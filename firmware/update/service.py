"""Updates as the fleet sees them: begin, pieces, install, and how far it is.

Flash is written only while the contactor is open and has been for a while; the installation and
the restart also wait until no car is connected, unless the fleet says now. Whatever is heavy is
imported when it is needed.
"""

from binascii import a2b_base64

from unloading import unload
from version import VERSION

from update.constants import LATER, PIECE_BYTES
from update.download import Download
from update.spare import spare_of

STEPS_A_TURN = 4
RESTING = ("idle", "ready", "refused")
UNDER_WAY = ("installing", "restarting", "trial")
ONCE = ("update.proof", "update.acceptance", "update.fleet_key", "update.room")  # a bundle
ONCE += ("update.spare_slot", "update.spare_partition")


class Service:
    """chosen: slots.Slots or AppPartitions. board: board module. box: what is needed of the rest
    of it, with is_quiet(): a flash write disturbs nothing now, nor does a handshake's arithmetic;
    tell(event): to the fleet; restart(): resets the chip; cloud_why(): why there is no broker, or
    ""; secured(raw, host): a TLS socket over raw.
    """

    def __init__(self, chosen, board, snapshot, requests, box):
        self._chosen = chosen
        self._board = (board.NAME, board.CHIP)
        self._snapshot = snapshot
        self._requests = requests
        self._box = box
        self._download = Download(chosen.root)
        self._bundle = None
        self._steps = iter(())
        self._trial = None
        self._source = None
        self._now = False
        self.phase = "idle"
        self.why = ""
        self._wake()

    def report(self) -> dict:
        """Return the words of Home Assistant's update entity, and our phase and why."""
        download = self._download
        there = download.size > 0
        return {
            "installed_version": VERSION,
            "latest_version": download.version if there else VERSION,
            "in_progress": self.phase not in RESTING,
            "update_percentage": download.have * 100 // download.size if there else None,
            "phase": self.phase,
            "why": self.why,
        }

    def ask(self, verb: str, value):
        """Carry out the command update/<verb>. Returns what its reply tells, raises ValueError."""
        if verb == "status":
            return self._status()
        if not self._box.is_quiet():
            raise ValueError(LATER)
        if verb in ("begin", "install") and self.phase in UNDER_WAY:
            raise ValueError("update: not now, phase %s" % self.phase)
        try:
            return ASK[verb](self, value)
        except OSError as wrong:
            raise ValueError("update: the flash: %s" % wrong)

    def poll(self, now_ms):
        """Do a little of whatever is due."""
        if self.phase not in POLL:
            return
        if not self._box.is_quiet():
            self._hang_up()  # its time will be over when the car has gone
            return
        try:
            POLL[self.phase](self, now_ms)
        except OSError as wrong:
            self._refuse("update: the flash: %s" % wrong)
        except ValueError as wrong:
            self._refuse(wrong)

    def _begin(self, value):
        from update.acceptance import check_newer

        version, size, sha256 = fields(
            "begin", value, ("version", str), ("size", int), ("sha256", str)
        )
        check_newer(version, VERSION)
        if len(sha256) != 64:
            raise ValueError("update/begin.sha256: not 64 digits")
        url = value.get("url") or ""
        if url:
            from update.fetch import parsed

            parsed(url)
        self._download.begin(version, size, sha256, url, spare_of(self._chosen))
        self._hang_up()
        if self._chosen.failed:
            self._chosen.failed = self._chosen.why = ""
            self._chosen.keep()
        self._bundle = None
        self.why = ""
        self.phase = "arrived" if self._download.is_complete() else "downloading"
        return self._status()

    def _piece(self, value):
        at, checksum, text = fields("piece", value, ("at", int), ("crc32", int), ("base64", str))
        piece, download = a2b_base64(text), self._download
        if self.phase != "downloading" and at + len(piece) <= download.have:
            return {"have": download.have}  # asked again: the reply was lost
        if self.phase != "downloading":
            phase = "%s: %s" % (self.phase, self.why) if self.why else self.phase
            raise ValueError("update/piece: nothing is being downloaded, phase %s" % phase)
        if download.url:
            raise ValueError("update/piece: this one comes from %s" % download.url)
        download.add(at, piece, checksum)
        try:
            self._look_ahead()
        except ValueError as wrong:
            self._refuse(wrong)
            raise wrong
        return {"have": download.have}

    def _install(self, value):
        self._now = bool(value) and fields("install", value, ("now", bool))[0]
        if not self._download.size:
            raise ValueError("update/install: nothing is downloaded. " + self.why)
        self._download.want()
        if self.phase == "ready":
            self.phase = "waiting"
        return self._status()

    def _key(self, value):
        from update import fleet_key

        texts = fields("key", value, ("key", str), ("by_old", str), ("by_new", str))
        fleet_key.succeed(self._chosen.root, *[a2b_base64(text) for text in texts])
        return {"key": fleet_key.name(self._chosen.root)}

    def _status(self):
        told = self.report()
        download = self._download
        told.update({"have": download.have, "size": download.size, "sha256": download.sha256})
        told["piece"] = PIECE_BYTES
        return told

    def _look_ahead(self):
        """A piece has come. As soon as it is the head's last, refuse what would be in the end."""
        from update.bundle import has_head

        if self._bundle is None and has_head(self._download.part, self._download.have):
            self._bundle = self._read_bundle()
        if self._download.is_complete():
            self._hang_up()
            self.phase = "arrived"

    def _read_bundle(self):
        from update.proof import proven

        try:
            chosen = self._chosen
            return proven(self._download, chosen.root, spare_of(chosen), self._board, VERSION)
        finally:
            for name in ONCE:
                unload(name)

    def _fetch(self, now_ms):
        """Of a download with a url: wait for the next piece, and take it."""
        if not self._download.url:
            return
        if self._source is None:
            from update.fetch import Source

            self._source = Source(self._download, self._box.secured, PIECE_BYTES)
        has_come = self._source.poll(now_ms)
        self.why = self._source.why
        if has_come:
            self._look_ahead()

    def _hang_up(self):
        if self._source:
            self._source.close()
            self._source = None

    def _start_check(self, _):
        from update.bundle import check_file

        self._bundle = self._bundle or self._read_bundle()
        self._steps = check_file(self._download.part, self._bundle)
        self.phase = "checking"

    def _check(self, _):
        if self._went_through():
            self.phase = "waiting" if self._download.install else "ready"

    def _wait(self, _):
        if self._is_free():
            self._steps = spare_of(self._chosen).install(self._download.part, self._bundle)
            self.phase = "installing"

    def _go_on(self, _):
        if self._is_free() and self._went_through():
            from update.trial import condition

            before = condition(self._snapshot, self._box.cloud_why())
            spare_of(self._chosen).begin_trial(before, self._download.version)
            self._leave()

    def _watch(self, now_ms):
        from update.trial import Trial

        trial = self._trial = self._trial or Trial(self._snapshot, self._chosen.before)
        trial.poll(now_ms, self._box.cloud_why())
        self.why = "still to show: %s" % trial.missing
        if not trial.missing:
            self._chosen.confirm()
            self._end("update_installed", "")
        elif trial.is_over and self._is_free():
            self._chosen.give_up(trial.missing)
            self._leave()

    def _leave(self):
        """No new charge may begin between this turn and the reset in the next."""
        self._requests.restarting = 1
        self.phase = "restarting"

    def _go(self, _):
        self._box.restart()

    def _wake(self):
        """After a start: go on with what was under way."""
        chosen, download = self._chosen, self._download
        if chosen.is_on_trial():
            self.phase = "trial"
        elif download.size and download.version == chosen.failed:
            self._end("update_failed", chosen.why)
        elif download.version == VERSION:
            download.drop()  # the cut came after the trial had ended
        elif download.size:
            self.phase = "arrived" if download.is_complete() else "downloading"

    def _end(self, event, why):
        version = self._download.version or VERSION
        self._box.tell({"event": event, "version": version, "why": why})
        self._download.drop()
        self.phase, self.why = "refused" if why else "idle", why

    def _refuse(self, wrong):
        self._hang_up()
        self._bundle = None
        self._end("update_refused", str(wrong))

    def _went_through(self):
        """Take some steps. Return whether the last one is done."""
        for _ in range(STEPS_A_TURN):
            try:
                next(self._steps)
            except StopIteration:
                return True
        return False

    def _is_free(self):
        """Return whether no car is connected, or the fleet wants it all the same."""
        return self._now or not self._snapshot.session_number


ASK = {
    "begin": Service._begin,
    "piece": Service._piece,
    "install": Service._install,
    "key": Service._key,
}
POLL = {
    "downloading": Service._fetch,
    "arrived": Service._start_check,
    "checking": Service._check,
    "waiting": Service._wait,
    "installing": Service._go_on,
    "restarting": Service._go,
    "trial": Service._watch,
}


def fields(verb: str, value, *kinds):
    """Return the fields of a command's value. kinds: (name, type). Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError("update/%s: not an object" % verb)
    for name, kind in kinds:
        if type(value.get(name)) is not kind:
            raise ValueError("update/%s.%s: not a %s" % (verb, name, kind.__name__))
    return [value[name] for name, _ in kinds]
