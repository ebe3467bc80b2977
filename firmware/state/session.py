"""One plug-in, from the first sight of a car to its leaving, with its energy by phase.

A car may show A for a moment while it stops or restarts (VW ID.3 up to 2.5 s, Tinkerforge
evse-bricklet 2.1.8): the contactor opens at once, but the session goes on when the car is back.
A session that a restart cut goes on too, if the car is still there.
"""

from micropython import const

from state.records import PHASES

FALSE_A_MS = 2_500
PACE_S = 600  # of the session, after which one of the commanded ones is forgotten: ours
_MWS_PER_WS = const(1_000)
_WS_PER_WH = const(3_600)
UNPLUGGED, RESTARTED = range(2)
CAUSES = ("unplugged", "restarted")


class Session:
    """number: 0 while no car is connected. phase_ws: of this session.

    total_wh, rest_ws: by phase, the box's life. following: the number of the next session.
    settings: state.settings.Settings with what survived the last restart.
    """

    def __init__(self, settings):
        self.number = settings.open_session
        self.seconds = settings.session_s
        self.phase_ws = list(settings.session_ws)
        self.closings = settings.closings
        self.interruptions = 0  # of its charging, by faults that count until unplugging
        self.outages = 0  # by limits, heat and mains
        self.commanded = 0  # by commands and outages, less those forgotten
        self.from_request = 0  # the car came without passing B: it has no S2
        self.cut = 1 if settings.open_session else 0  # by a restart, and no car seen since
        self.total_wh = list(settings.total_wh)
        self.rest_ws = list(settings.rest_ws)
        self.following = settings.first_session
        self._ms = 0
        self._mws = [0] * PHASES

    def start(self, from_request: int):
        self.number = self.following
        self.following += 1
        self.seconds = 0
        self.closings = 0
        self.interruptions = 0
        self.outages = 0
        self.commanded = 0
        self.from_request = from_request
        self._ms = 0
        for phase in range(PHASES):
            self.phase_ws[phase] = 0
            self._mws[phase] = 0

    def step(self, phase_mws, elapsed_ms: int):
        """Count time and energy. phase_mws: metered since the last step, never negative."""
        self._ms += elapsed_ms
        if self._ms >= 1_000:
            self._ms -= 1_000
            self.seconds += 1
            if self.seconds % PACE_S == 0 and self.commanded:
                self.commanded -= 1
        for phase in range(PHASES):
            if phase_mws[phase]:
                self._count(phase, phase_mws[phase])

    def energy_ws(self) -> int:
        return sum(self.phase_ws)

    def _count(self, phase, mws):
        mws += self._mws[phase]
        whole = mws // _MWS_PER_WS
        self._mws[phase] = mws - whole * _MWS_PER_WS
        self.phase_ws[phase] += whole
        rest_ws = self.rest_ws[phase] + whole
        if rest_ws >= _WS_PER_WH:
            self.total_wh[phase] += rest_ws // _WS_PER_WH
            rest_ws %= _WS_PER_WH
        self.rest_ws[phase] = rest_ws

    def end(self) -> int:
        """Close the books. Return the number of the session that ended."""
        number = self.number
        self.number = 0
        return number

    def end_cause(self) -> int:
        return RESTARTED if self.cut else UNPLUGGED
