"""The few numbers of the core that an installer or a board may choose.

Everything else is a constant in the file that owns the law. Set before the first step only.
"""

from state.records import PHASES


class Settings:
    """Defaults: a three-phase 32 A socket box without ventilation.

    ventilated: 1 if the room may be used by cars that ask for ventilation (pilot state D).
    glitch_hold_ms: until how long after a duty change a car that still draws current may show B
        for charging.GLITCH_MS without the contactor opening, in the last
        charging.GLITCH_WINDOW_MS of it; 0 never. Within the 100 ms of sequence 8.1.
        550: Tinkerforge evse-v2 changelog 2.2.14 (BMW plug-in hybrids, 40 ms at 490 ms).
    wake_after_ms, wake_ms: wait in B2 before a wake-up signal, and its length
        (IEC 61851-1 A.5.3: 4 s; EVerest waits 30 s).
    wake_signals: rungs of the ladder in a session: the standard has one, Tinkerforge climbs four.
    safe_da: what a remote limit falls back to when its lifetime ends.
    simplified_da: cap for a car without S2 (A.2.3 says the car limits itself to 10 A); 0 = none.
    most_interruptions: how often in a plug-in faults of the car's side may interrupt a car with an
        S2 before the box waits for unplugging (a Porsche sleeps at the 5th: evcc issue 7723; a BMW
        i4 gives up at about 7, a VW at about 10: evcc issue 10874); by commands, limits, heat and
        mains as often, and then once in session.PACE_S.
    over_voltage_mv, under_voltage_mv: 184 V is 0.8 pu, OVE R37; 270 V is ours, between the EU's
        253 V and the 290 V of Tesla's manual.
    low_chz, high_chz: mains frequency in 1/100 Hz of a 50 Hz grid, and 10 Hz above of a 60 Hz
    grid; ours, round what the grid rules ride through. An island's battery inverter raises it
        on purpose, to throttle the others: then high_chz may be up to 5300.
    open_pen: 1 applies BS 7671 722.411.4.1(iv) (United Kingdom, PME supplies).
    crashes: abnormal restarts in a row before this one.
    total_wh, rest_ws: the energy register by phase. open_session: number of the session that the
        restart cut, 0 if none, with its energies, seconds and closings.
    welded: 1 if a weld was found before the restart and no person has ended it.
    has_*: what the board can measure or move.
    residual_answer_ms, residual_clear_ms: bounds of the residual current monitor's self-test.
    """

    def __init__(self):
        self.ventilated = 0
        self.glitch_hold_ms = 550
        self.wake_after_ms = 30_000
        self.wake_ms = 4_000
        self.wake_signals = 1
        self.safe_da = 60
        self.simplified_da = 0
        self.most_interruptions = 4
        self.over_voltage_mv = 270_000
        self.under_voltage_mv = 184_000
        self.low_chz = 4_750
        self.high_chz = 5_100
        self.open_pen = 0
        self.crashes = 0
        self.has_socket = 1
        self.has_lock = 1
        self.has_feedback = 1
        self.has_residual_test = 1
        self.residual_answer_ms = 1_000
        self.residual_clear_ms = 1_500
        self.first_session = 1
        self.total_wh = [0] * PHASES
        self.rest_ws = [0] * PHASES
        self.open_session = 0
        self.session_ws = [0] * PHASES
        self.session_s = 0
        self.closings = 0
        self.welded = 0
