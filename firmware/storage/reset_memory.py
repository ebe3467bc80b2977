"""What survives a reset of the chip without wearing the flash: a record in its RTC memory.

The memory outlives watchdog and soft resets and is empty after a power cut. A record that was torn
or is of another version is no record.
"""

import struct
from binascii import crc32

MAGIC = 0x57420002  # changes with the layout
LAYOUT = "<Iiiiii80s"
SIZE = struct.calcsize(LAYOUT)
FIELDS = ("crashes", "total_wh", "rest_ws", "next_session", "cycles")
WHY_BYTES = 80


class ResetMemory:
    """Fields by name: memory["total_wh"]. why: what the control loop died of, or "".

    rtc: machine.RTC, of which memory() is used.
    """

    def __init__(self, rtc):
        self._memory = rtc.memory
        self._values = {name: 0 for name in FIELDS}
        self._values["next_session"] = 1
        self.why = ""
        self._load()

    def __getitem__(self, name: str) -> int:
        return self._values[name]

    def keep(self, why=None, **values):
        """Store these fields, the others as they are. Raises KeyError on a name it has not."""
        for name, value in values.items():
            if name not in self._values:
                raise KeyError(name)
            self._values[name] = value
        if why is not None:
            self.why = why
        text = self.why.encode()[:WHY_BYTES]
        record = struct.pack(LAYOUT, MAGIC, *[self._values[name] for name in FIELDS], text)
        self._memory(record + struct.pack("<I", crc32(record)))

    def _load(self):
        stored = bytes(self._memory())
        record = stored[:SIZE]
        if len(stored) != SIZE + 4 or struct.unpack("<I", stored[SIZE:])[0] != crc32(record):
            return
        fields = struct.unpack(LAYOUT, record)
        if fields[0] != MAGIC:
            return
        for k, name in enumerate(FIELDS):
            self._values[name] = fields[k + 1]
        try:
            self.why = fields[-1].rstrip(b"\0").decode()
        except UnicodeError:
            pass  # cut within a letter
