"""What the raw partition holds: the energy register and the journal, side by side.

Erases happen here and nowhere else: one sector a turn, only while the contactor is open and has
been for a while. A box without the partition runs all the same, from RAM, and says so.
"""

from micropython import const

from storage.journal import Journal
from storage.register import Register
from storage.sector_ring import COUNT

_LABEL = const("journal")
REGISTER_SHARE = 4  # one sector in four
FEWEST = 16
TROUBLES = (
    "register: unreadable places: %d",
    "journal: unreadable places: %d",
    "register: no erased room for a checkpoint: %d",
    "flash: RAM only until the next start, parts that refuse to be written: %d",
)


class FlashStore:
    """device: extended block device, or None. register, journal: None without a device."""

    def __init__(self, device):
        self.register = None
        self.journal = None
        self.complaints = []
        self._told = [0, 0, 0, 0]
        self._turn = False
        count = device.ioctl(COUNT, 0) if device else 0
        if count < FEWEST:
            self.complaints.append("no partition %s of %d sectors: RAM only" % (_LABEL, FEWEST))
            return
        share = count // REGISTER_SHARE
        self.register = Register(device, 0, share)
        self.journal = Journal(device, share, count - share)
        for part in (self.register, self.journal):
            if not part.has_room():
                part.prepare()  # the first start: the contactor is open and the loop not running
        trouble = self.trouble(0)
        if trouble:
            self.complaints.append(trouble)

    def prepare(self) -> bool:
        """Erase one sector if one is wanted, for both in turn; slow. Return whether one was."""
        if not self.register or not self.journal:
            return False
        self._turn = not self._turn
        if self._turn:
            return self.register.prepare() or self.journal.prepare()
        return self.journal.prepare() or self.register.prepare()

    def trouble(self, missed: int):
        """Return what has gone wrong since the last call, one sentence, or None."""
        if not self.register or not self.journal:
            return None
        now = (
            self.register.damaged,
            self.journal.damaged,
            min(missed, 1),
            int(self.journal.failed()) + int(self.register.failed()),
        )
        found = [TROUBLES[k] % now[k] for k in range(len(now)) if now[k] > self._told[k]]
        self._told[:] = [max(pair) for pair in zip(now, self._told)]
        return "; ".join(found) or None


def partition():
    """Return the board's partition, or None."""
    try:
        from esp32 import Partition

        found = Partition.find(Partition.TYPE_DATA, label=_LABEL)
    except ImportError:
        return None
    return found[0] if found else None
