"""What the raw partition holds: the energy register and the journal, side by side.

Erases happen here and nowhere else: one sector a turn, only while the contactor is open and has
been for a while. A box without the partition runs all the same, from RAM, and says so.
"""

from storage.journal import Journal
from storage.register import Register
from storage.sector_ring import COUNT

LABEL = "journal"
REGISTER_SHARE = 4  # one sector in four
FEWEST = 16


class FlashStore:
    """device: extended block device, or None. register, journal: None without a device."""

    def __init__(self, device):
        self.register = None
        self.journal = None
        self.complaints = []
        count = device.ioctl(COUNT, 0) if device else 0
        if count < FEWEST:
            self.complaints.append("no partition %s of %d sectors: RAM only" % (LABEL, FEWEST))
            return
        share = count // REGISTER_SHARE
        self.register = Register(device, 0, share)
        self.journal = Journal(device, share, count - share)
        for name, part in (("register", self.register), ("journal", self.journal)):
            if part.damaged:
                self.complaints.append("%s: %d places unreadable" % (name, part.damaged))

    def prepare(self) -> bool:
        """Erase one sector if one is wanted; slow. Return whether anything was erased."""
        if not self.register or not self.journal:
            return False
        return self.journal.prepare() or self.register.prepare()


def partition():
    """Return the board's partition, or None."""
    try:
        from esp32 import Partition

        found = Partition.find(Partition.TYPE_DATA, label=LABEL)
    except ImportError:
        return None
    return found[0] if found else None
