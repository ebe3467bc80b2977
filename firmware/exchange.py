"""The only crossing between the control thread and everything else.

Control writes the Snapshot, anyone reads it. Services write the Requests, control reads them.
What the other thread reads are single integers (one store each), so neither side needs a lock;
what belongs together is announced by a serial number that is written last.
"""

from micropython import const

from state.offer import DISABLED, LOCAL, SLOTS
from state.records import LOCAL_LIMITS, NO_LIMIT, PHASES

ANYONE, NOBODY = -1, 0  # who may charge, where it is not the number of a session
# bits of Snapshot.kept
WELD = 1
DISABLED_BY_WISH = 2
_REMOTE_LIMIT = const(4)
_REMOTE_STOP = const(8)
# of a remote stop after a restart: what a limit lives that says nothing else
_RECALLED_MS = const(120_000)


class Snapshot:
    """The box as of the last tick. Readers that need a consistent set copy it at once."""

    def __init__(self):
        self.version = 0  # counts renewals by two, wraps; odd while one is being written
        self.uptime_ms = 0  # wraps with ticks_ms
        self.letter = 0  # index into pilot.LETTERS
        self.state = 0  # index into charging.NAMES
        self.offer_da = 0
        self.offer_slot = 0  # index into offer.SLOTS
        self.duty_bp = 10000
        self.contactor_command = 0
        self.contactor_closed = 0
        self.contactor_cycles = 0
        self.faults = 0  # one bit per row of faults.FAULTS
        self.lock_shut = 0
        self.cable_da = 0
        self.session_number = 0  # 0 while no car is connected
        self.next_session = 1
        self.session_s = 0
        self.session_ws = [0] * PHASES
        self.closings = 0  # of the contactor in this session
        self.interruptions = 0  # of this session by the box itself: limits and faults
        self.total_wh = [0] * PHASES
        self.rest_ws = [0] * PHASES  # what the register holds beyond total_wh
        self.current_ma = [0] * PHASES
        self.voltage_mv = [0] * PHASES
        self.phase_mw = [0] * PHASES
        self.highest_ma = 0
        self.power_w = 0
        self.meter_valid = 0  # 1 while the meter's readings are whole, fresh and plausible
        self.temperature_dc = 0
        self.pilot_high_mv = 0
        self.pilot_low_mv = 0
        self.tests_ended = 0  # self-tests of the residual current monitor; wraps
        self.test_passed = 0  # how the last of them ended
        self.worst_tick_ms = 0  # longest time from one tick to the next since start
        self.kept = 0  # what no restart may forget: bits, as above

    def energy_wh(self) -> int:
        """Return the whole watt-hours of the box's life."""
        return sum(self.total_wh) + sum(self.rest_ws) // 3_600


class Requests:
    """What services ask of control. Set through the methods: they keep the order of stores."""

    def __init__(self, local_limits: int = LOCAL_LIMITS):
        self.enabled = 1
        self.paused = 0
        self.in_window = 1  # of the schedule
        self.restarting = 0
        self.authorised_for = ANYONE  # or the number of a session
        self.blackbox = None  # readable once frozen
        self.updates: object = None  # update.on_demand.Updates
        self.authorised_by = ""  # who may charge now; empty where nobody is asked
        self.remote_da = NO_LIMIT
        self.remote_lifetime_ms = 0
        self.remote_serial = 0
        self.reset_serial = 0
        self.unlock_serial = 0
        self.test_serial = 0
        self.lamp = -1  # what the light shows instead of the state; -1: the state
        self.local_names = [""] * local_limits
        self.local_da = [NO_LIMIT] * local_limits

    def allows(self, session: int) -> int:
        """Return 1 if nobody speaks against charging in this session. Allocates nothing."""
        if not self.enabled or self.paused or not self.in_window or self.restarting:
            return 0
        return self._is_authorised(session)

    def _is_authorised(self, session):
        if self.authorised_for == ANYONE:
            return 1
        return 1 if session and session == self.authorised_for else 0

    def limit_remotely(self, current_da: int, lifetime_ms: int):
        """Offer at most current_da for lifetime_ms; afterwards the safe current applies."""
        self.remote_da = current_da
        self.remote_lifetime_ms = lifetime_ms
        self.remote_serial += 1

    def kept(self) -> int:
        """Return the bits of Snapshot.kept for what was asked. Allocates nothing."""
        bits = 0 if self.enabled else DISABLED_BY_WISH
        if self.remote_da != NO_LIMIT:
            bits |= _REMOTE_LIMIT if self.remote_da else _REMOTE_STOP
        return bits

    def remember(self, bits: int, safe_da: int):
        """Ask again what was asked before a restart: a stop for _RECALLED_MS, a limit's end."""
        if bits & DISABLED_BY_WISH:
            self.enabled = 0
        if bits & (_REMOTE_LIMIT | _REMOTE_STOP):
            self.limit_remotely(0 if bits & _REMOTE_STOP else safe_da, _RECALLED_MS)

    def limit_locally(self, name: str, current_da: int):
        """Set (or with NO_LIMIT remove) the limit of a local source such as a house meter.

        Raises ValueError when all places are taken by limits of other names.
        """
        places = range(len(self.local_names))
        own = [k for k in places if self.local_names[k] == name]
        free = [k for k in places if self.local_da[k] == NO_LIMIT]
        if not own + free:
            raise ValueError("limit %s: no place left, in use: %s" % (name, self.local_names))
        k = (own + free)[0]
        self.local_names[k] = name
        self.local_da[k] = current_da  # one store: control never sees a gap between two limits

    def name_of(self, slot: int) -> str:
        """Return the name of a slot of state.offer.SLOTS; a local source gave its own."""
        if LOCAL <= slot < LOCAL + len(self.local_names):
            return self.local_names[slot - LOCAL]
        return self._objection() if slot == DISABLED else SLOTS[slot]

    def _objection(self):
        """Return who speaks against charging, as allows() asks."""
        if not self.enabled or self.restarting:
            return SLOTS[DISABLED]
        if self.paused:
            return "paused"
        return "authorisation" if self.in_window else "schedule"

    def reset_faults(self):
        self.reset_serial += 1

    def unlock(self):
        """Give the plug free for half a minute; the core refuses while it may be live."""
        self.unlock_serial += 1

    def test_monitor(self):
        """Test the residual current monitor; the core does it only with the contactor open."""
        self.test_serial += 1
