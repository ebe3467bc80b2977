"""What survives a reset of the chip without wearing the flash: a record in its RTC memory.

The memory outlives watchdog and soft resets and is empty after a power cut. A record that was torn
or is of another version is no record. Behind it stands one byte of its own, which boot.py reads
whatever the record's layout: whether an application runs (slots.RUNNING).
"""

import struct
from binascii import crc32

from micropython import const

from storage.reading import SLOT, Reading

_MAGIC = const(0x57420004)  # changes with the layout
LAYOUT = "<IiBB80s%ds" % SLOT
SIZE = struct.calcsize(LAYOUT)
_WHY_BYTES = const(80)


class ResetMemory:
    """crashes: abnormal restarts in a row. why: what the control loop or the start died of, or "".

    starting: whether a start has begun that has not come to its end. stage: recovery.py's.
    running: whether a reset from here on is one that nobody ordered; False until it is set.
    reading: storage.reading.Reading as it was. is_whole: whether there was
    a record. rtc: machine.RTC, of which memory() is used.
    """

    def __init__(self, rtc):
        self._memory = rtc.memory
        self.crashes = 0
        self.why = ""
        self.starting = False
        self.stage = 0
        self.running = False
        self.reading = Reading()
        self.is_whole = False
        self._load()

    def keep(self):
        """Store the attributes as they are now."""
        text = self.why.encode()[:_WHY_BYTES]
        start = (self.crashes, self.starting, self.stage)
        record = struct.pack(LAYOUT, _MAGIC, *start, text, self.reading.pack())
        self._memory(record + struct.pack("<IB", crc32(record), self.running))

    def _load(self):
        stored = bytes(self._memory())
        record = stored[:SIZE]
        if len(stored) not in (SIZE + 4, SIZE + 5):  # the shorter ones are older
            return
        if struct.unpack("<I", stored[SIZE : SIZE + 4])[0] != crc32(record):
            return
        magic, crashes, starting, stage, why, slot = struct.unpack(LAYOUT, record)
        if magic != _MAGIC or not self.reading.unpack(slot):
            return
        self.is_whole = True
        self.crashes, self.starting, self.stage = crashes, bool(starting), stage
        try:
            self.why = why.rstrip(b"\0").decode()
        except UnicodeError:
            pass  # cut within a letter
