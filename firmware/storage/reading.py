"""One state of the energy register and of the running session, as it is kept through restarts.

The same bytes go to flash (storage/register.py) and into the chip's RTC memory.
"""

import struct
from binascii import crc32

from micropython import const

_LAYOUT = const("<IIIHHHIIIIIIIIH")
SLOT = struct.calcsize(_LAYOUT) + 4
_WS_PER_WH = const(3_600)
# beside session_s, which needs 8 years to come so far; older slots have 0 there
_KEPT_SHIFT = const(28)
_SECONDS = const((1 << _KEPT_SHIFT) - 1)


class Reading:
    """Energies by phase. session: number of the running session, 0 for none.

    kept: four bits of exchange.Snapshot.kept: a weld, and what a remote party had asked for.
    """

    def __init__(self):
        self.total_wh = [0, 0, 0]
        self.rest_ws = [0, 0, 0]  # beyond the whole watt-hours
        self.cycles = 0  # of the contactor
        self.next_session = 1
        self.session = 0
        self.started_s = 0  # Unix time of its start, 0 where unknown
        self.session_ws = [0, 0, 0]
        self.session_s = 0
        self.closings = 0
        self.kept = 0

    def total_ws(self) -> int:
        return sum(self.total_wh) * _WS_PER_WH + sum(self.rest_ws)

    def pack(self) -> bytes:
        fields = self.total_wh + self.rest_ws + [self.cycles, self.next_session, self.session]
        seconds = min(self.session_s, _SECONDS) | self.kept << _KEPT_SHIFT
        fields += [self.started_s] + self.session_ws + [seconds, self.closings & 0xFFFF]
        slot = struct.pack(_LAYOUT, *fields)
        return slot + struct.pack("<I", crc32(slot))

    def unpack(self, slot: bytes) -> bool:
        """Take over a slot's values. Return False, and change nothing, if it is not whole."""
        if struct.unpack_from("<I", slot, SLOT - 4)[0] != crc32(slot[: SLOT - 4]):
            return False
        fields = struct.unpack(_LAYOUT, slot[: SLOT - 4])
        self.total_wh = list(fields[0:3])
        self.rest_ws = list(fields[3:6])
        self.cycles, self.next_session, self.session, self.started_s = fields[6:10]
        self.session_ws = list(fields[10:13])
        self.session_s, self.closings = fields[13] & _SECONDS, fields[14]
        self.kept = fields[13] >> _KEPT_SHIFT
        return True

    def take(self, snapshot):
        """Copy what the snapshot (exchange.Snapshot) says, all from one tick."""
        version = -1
        while version != snapshot.version:  # the other thread may write meanwhile
            version = snapshot.version & ~1
            self.total_wh[:] = snapshot.total_wh
            self.rest_ws[:] = snapshot.rest_ws
            self.session_ws[:] = snapshot.session_ws
            self.session_s = snapshot.session_s
            self.closings = snapshot.closings
            self.cycles = snapshot.contactor_cycles
            self.next_session = snapshot.next_session
            self.session = snapshot.session_number
            self.kept = snapshot.kept

    def give(self, snapshot):
        """Show these values in the snapshot of a box that has just started."""
        snapshot.total_wh[:] = self.total_wh
        snapshot.rest_ws[:] = self.rest_ws
        snapshot.contactor_cycles = self.cycles
        snapshot.next_session = self.next_session
        snapshot.session_number = self.session
        snapshot.session_ws[:] = self.session_ws
        snapshot.session_s = self.session_s
        snapshot.closings = self.closings
        snapshot.kept = self.kept
