"""One plug-in, from the first sight of a car to its leaving, with its energy.

A car may show A for a moment while it stops or restarts (VW ID.3 up to 2.5 s, Tinkerforge
evse-bricklet 2.1.8): the contactor opens at once, but the session goes on when the car is back.
"""

FALSE_A_MS = 2_500
MWS_PER_WS = 1_000
WS_PER_WH = 3_600
UNPLUGGED, RESTARTED = range(2)
CAUSES = ("unplugged", "restarted")


class Session:
    """number: 0 while no car is connected. energy_ws: of this session.

    total_wh and rest_ws: the box's life. following: the number of the next session.
    """

    def __init__(self, first_number: int, total_wh: int, rest_ws: int):
        self.number = 0
        self.seconds = 0
        self.energy_ws = 0
        self.total_wh = total_wh
        self.closings = 0
        self.interruptions = 0  # of its charging by the box itself
        self.from_request = 0  # the car came without passing B: it has no S2
        self.following = first_number
        self._ms = 0
        self._mws = 0
        self.rest_ws = rest_ws

    def start(self, from_request: int):
        self.number = self.following
        self.following += 1
        self.seconds = 0
        self.energy_ws = 0
        self.closings = 0
        self.interruptions = 0
        self.from_request = from_request
        self._ms = 0

    def step(self, energy_mws: int, elapsed_ms: int):
        """Count time and energy. energy_mws: metered since the last step, never negative."""
        self._ms += elapsed_ms
        if self._ms >= 1_000:
            self._ms -= 1_000
            self.seconds += 1
        if not energy_mws:
            return
        self._mws += energy_mws
        whole = self._mws // MWS_PER_WS
        self._mws -= whole * MWS_PER_WS
        self.energy_ws += whole
        self.rest_ws += whole
        if self.rest_ws >= WS_PER_WH:
            self.total_wh += self.rest_ws // WS_PER_WH
            self.rest_ws %= WS_PER_WH

    def end(self) -> int:
        """Close the books. Return the number of the session that ended."""
        number = self.number
        self.number = 0
        return number
