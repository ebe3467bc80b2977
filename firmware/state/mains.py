"""Which phases the house has, and whether one of them is gone or out of bounds.

A phase counts as the house's once it has been seen: a single-phase house never misses two.
"""

SEEN_MV = 160_000  # Tesla's manual calls less than this no supply
GONE_MV = 100_000  # ours: a lost phase shows what leaks back through the loads
PHASES = 3


class Mains:
    """lowest_mv, highest_mv: of the phases seen so far, or 0. lost: 1 if one of several is gone.

    seen: bit k is set once phase k has shown a voltage.
    """

    def __init__(self):
        self.seen = 0
        self.lowest_mv = 0
        self.highest_mv = 0
        self.lost = 0

    def step(self, voltage_mv):
        """voltage_mv: RMS to neutral, one entry a phase."""
        lowest = highest = gone = 0
        for k in range(PHASES):
            mv = voltage_mv[k]
            if mv >= SEEN_MV:
                self.seen |= 1 << k
            if self.seen >> k & 1:
                lowest = min(lowest, mv) if lowest else max(mv, 1)
                highest = max(highest, mv)
                gone += mv < GONE_MV
        self.lowest_mv = lowest
        self.highest_mv = highest
        self.lost = 1 if gone and highest >= SEEN_MV else 0
