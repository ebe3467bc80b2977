"""MicroPython side: a fleet that publishes one bundle to a box, and what a box is for it."""

from binascii import a2b_base64, b2a_base64, crc32

from update import service


class Snapshot:
    version = letter = faults = session_number = 0


class Board:
    NAME, CHIP = "virtual", "esp32s3"


class Box:
    """What Updates wants of a box, from one start to the next.

    chosen: slots.Slots or app_partitions.AppPartitions. version: of the application that runs.
    """

    restarting = 0

    def __init__(self, chosen, version):
        self.chosen, self.snapshot, self.told, self.is_reset = chosen, Snapshot(), [], False
        self.version = service.VERSION = version
        self.updates = service.Service(chosen, Board, self.snapshot, self, self)

    def is_quiet(self):
        return True

    def cloud_why(self):
        return ""

    def tell(self, event):
        self.told.append(event)

    def restart(self):
        self.is_reset = True


class Fleet:
    """Publishes one bundle to a box until the box runs it. job: bundle in base64, version."""

    def __init__(self, job):
        self.bundle = a2b_base64(job["bundle"])
        self.version = job["version"]
        self.pieces = 0

    def update(self, start):
        """Return the events told on the way. start(): starts the box, returns its Box."""
        told = []
        box = start()
        for _ in range(5_000):
            if box.version == self.version and box.updates.phase == "idle":
                return told + box.told
            self._push(box.updates)
            box.snapshot.version += 2
            box.updates.poll(len(told))
            if box.is_reset:
                told += box.told
                box = start()
        raise AssertionError("the update came to no end: %s" % box.updates.report())

    def _push(self, updates):
        phase = updates.phase
        told_before = updates.why.startswith("it did not stay")  # a cut while it was on trial
        expect(phase != "refused" or told_before, "refused: %s" % updates.why)
        if phase in ("idle", "refused"):
            size = len(self.bundle)
            told = {"version": self.version, "size": size, "sha256": "0" * 64}
            updates.ask("begin", told)
        elif phase == "downloading":
            at = updates.ask("status", None)["have"]
            piece = self.bundle[at : at + service.PIECE_BYTES]
            text = b2a_base64(piece).decode()
            updates.ask("piece", {"at": at, "crc32": crc32(piece), "base64": text})
            self.pieces += 1
        elif phase == "ready":
            updates.ask("install", None)


def expect(good, what):
    if not good:
        raise AssertionError(what)
