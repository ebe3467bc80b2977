"""Which phases the house has, and whether one of them is gone or out of bounds.

A phase counts as the house's once it has been seen: a single-phase house never misses two. It is
forgotten when it has been gone for long, as behind a backup supply of one phase.
"""

from micropython import const

SEEN_MV = 160_000  # Tesla's manual calls less than this no supply
GONE_MV = 100_000  # ours: a lost phase shows what leaks back through the loads
# ours: as long as nothing more was seen, this is a brown-out and not a dead wire
_WEAK_MV = const(60_000)
_FORGOTTEN_MS = const(600_000)  # ours: a blown fuse is noticed before, a restart forgets as well
PHASES = 3


class Mains:
    """lowest_mv, highest_mv: of the phases seen so far, or 0. lost: 1 if one of several is gone.

    seen: bit k is set once phase k has shown a voltage. weak: 1 while none has, but something is
    there.
    """

    def __init__(self):
        self.seen = 0
        self.lowest_mv = 0
        self.highest_mv = 0
        self.lost = 0
        self.weak = 0
        self._gone = 0  # bits, as in seen
        self._lost_ms = 0

    def step(self, voltage_mv):
        """voltage_mv: RMS to neutral, one entry a phase."""
        lowest = highest = gone = strongest = 0
        for k in range(PHASES):
            mv = voltage_mv[k]
            strongest = max(strongest, mv)
            if mv >= SEEN_MV:
                self.seen |= 1 << k
            if self.seen >> k & 1:
                lowest = min(lowest, mv) if lowest else max(mv, 1)
                highest = max(highest, mv)
                gone |= (mv < GONE_MV) << k
        self.lowest_mv = lowest
        self.highest_mv = highest
        self.lost = 1 if gone and highest >= SEEN_MV else 0
        self.weak = 1 if not self.seen and strongest >= _WEAK_MV else 0
        self._gone = gone

    def age(self, elapsed_ms: int):
        """Let time pass without a charge: what has been gone for long is the house's no longer."""
        self._lost_ms = self._lost_ms + elapsed_ms if self.lost else 0
        if self._lost_ms >= _FORGOTTEN_MS:
            self._lost_ms = 0
            self.seen &= ~self._gone
