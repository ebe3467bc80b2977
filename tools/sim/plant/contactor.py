"""The contactor as metal: it takes its time, may weld, may stick, and has a mirror contact."""

CLOSES_US = (25_000, 35_000)
OPENS_US = (20_000, 40_000)  # IEC 60947-4-1 devices with a suppressor; EVerest's limit is 50 ms


class Contactor:
    """closed: the main contacts. fault: none, welded, stuck_open or no_feedback.

    on_change(): after a move.
    """

    def __init__(self, world, dice, on_change):
        self._world = world
        self._closes_us = int(dice.within(*CLOSES_US))
        self._opens_us = int(dice.within(*OPENS_US))
        self._on_change = on_change
        self._coil = 0
        self._moves = 0
        self.closed = 0
        self.fault = "none"

    def energise(self, on):
        if on == self._coil:
            return
        self._coil = on
        self._moves += 1
        move = self._moves
        delay_us = self._closes_us if on else self._opens_us
        self._world.at(self._world.now_us + delay_us, lambda: self._arrive(move))

    def shown(self):
        """Return what the mirror contact tells."""
        return 0 if self.fault == "no_feedback" else self.closed

    def set_fault(self, fault):
        self.fault = fault
        self._arrive(self._moves)

    def _arrive(self, move):
        if move != self._moves:
            return  # the coil was told otherwise on the way
        closed = self._coil
        if self.fault == "welded":
            closed = self.closed or closed
        elif self.fault == "stuck_open":
            closed = 0
        if closed != self.closed:
            self.closed = closed
            self._on_change()
