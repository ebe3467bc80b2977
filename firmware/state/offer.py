"""All limits -> one offered current, and the name of the limit that set it."""

from state.duty import MAXIMUM_DA, MINIMUM_DA
from state.records import LIMIT_SLOTS, NO_LIMIT

SLOTS = (
    "rating",
    "installer",
    "cable",
    "temperature",
    "remote",
    "simplified",
    "meter",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
    "disabled",
    "fault",
    "paced",
)
RATING, INSTALLER, CABLE, TEMPERATURE, REMOTE, SIMPLIFIED, METER, LOCAL = range(8)
DISABLED, FAULT, PACED = LIMIT_SLOTS, LIMIT_SLOTS + 1, LIMIT_SLOTS + 2


class Remote:
    """A remote limit and its lifetime. When it ends, the safe current holds until the next one.

    A remote party that dies must not leave its last wish in force, be it a stop (peers: stale
    control is the third most frequent complaint), and must not set the box free either.

    left_ms: of the lifetime.
    """

    def __init__(self, safe_da: int):
        self._safe_da = safe_da
        self._serial = 0
        self._wish_da = NO_LIMIT
        self.left_ms = 0

    def step(self, inputs, elapsed_ms: int) -> int:
        """Return the limit in force, or NO_LIMIT."""
        if inputs.remote_serial != self._serial:
            self._serial = inputs.remote_serial
            self._wish_da = inputs.remote_da
            self.left_ms = inputs.remote_lifetime_ms
        else:
            self.left_ms = max(self.left_ms - elapsed_ms, 0)
        if self._wish_da == NO_LIMIT or self.left_ms:
            return self._wish_da
        return self._safe_da


class Offer:
    """current_da: 0, or MINIMUM_DA and up. slot: index into SLOTS of what set it."""

    def __init__(self, safe_da: int):
        self.current_da = 0
        self.slot = RATING
        self.remote = Remote(safe_da)

    def step(self, inputs, faulty: int, elapsed_ms: int):
        inputs.limit_da[REMOTE] = self.remote.step(inputs, elapsed_ms)
        self._lowest(inputs.limit_da)
        if not inputs.enabled:
            self.refuse(DISABLED)
        if faulty:
            self.refuse(FAULT)

    def _lowest(self, limit_da):
        lowest, slot, k = MAXIMUM_DA, RATING, 0
        for limit in limit_da:
            if limit < lowest and limit != NO_LIMIT:
                lowest = limit
                slot = k
            k += 1
        self.current_da = lowest if lowest >= MINIMUM_DA else 0
        self.slot = slot

    def refuse(self, slot: int):
        """Offer nothing, because of slot."""
        self.current_da = 0
        self.slot = slot
