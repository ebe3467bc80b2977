"""The charging sequences of IEC 61851-1 annex A: one table of transitions, one of outputs.

Everything that decides a state is in this file. ROWS are tried from the top; the first whose
condition holds moves the box, and its number, the rule, goes into the record of the contactor
edge. The sequence numbers are those of the standard's timing table. Outputs belong to states,
never to rows.

C1 and C2 each stand for two situations that the letter alone does not tell apart, so each appears
twice: with the contactor open and, `_CLOSED`, with it closed.
"""

from micropython import const

from state import pilot
from state.duty import NEGATIVE, PWM, STEADY

A1, A2, B1, B2, C1, C2, D1, D2, C2_CLOSED, C1_CLOSED, E, F, WAKE, REST = range(14)
NAMES = ("A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2", "C2", "C1", "E", "F", "F", "B1")

BACKSTOP_MS = 6_000  # seq. 10.2: a car that ignores the stop is opened under load after this
STEADY_HOLD_MS = 3_000  # x1 between two offers; EVerest T_STEP_X1
REST_MS = 750  # x1 after a wake-up signal: EV READY wants 500..1000
_NEGATIVE_MS = const(300)  # table A.5 as EVerest reads it (state_F_after_fault_ms)
DEPARTED_PWM_MS = 1_500  # seq. 9.3 allows 2 s of PWM after unplugging; some cars only blink
PLUG_SETTLED_MS = 500
_ERROR_CLEAR_MS = const(500)
OPEN_REST_MS = 2_000  # spares the contactor; seq. 4 still closes within its 3 s
# of B, until a burst disagrees: the glitch is 40 ms, of which two bursts are the vote
GLITCH_MS = 35
GLITCH_WINDOW_MS = 150  # ours: the last part of glitch_hold_ms; the glitch comes at 490 ms
UNLOCKED_MS = 50  # ours: a switch may bounce
_DRAWING_MA = const(1_500)  # instantaneous; a car draws this at less than 1.1 A RMS
_LONG_MS = const(60_000)


def short(k):
    return k.pilot.letter == pilot.E


def negative(k):
    return k.pilot.letter == pilot.F


def fault(k):
    return k.protection.opening


def plugged(k):
    return k.pilot.letter == pilot.B


def unplugged(k):
    return k.pilot.letter == pilot.A


def asks_for_air(k):
    return k.pilot.letter == pilot.D and not k.settings.ventilated


def requests(k):
    return k.pilot.letter == pilot.C or (k.pilot.letter == pilot.D and k.settings.ventilated)


def holding(k):
    """A car that draws and shows B for a moment, about 500 ms after a duty change: it glitches."""
    return (
        k.pilot.letter == pilot.B
        and (k.pilot.stable_ms < GLITCH_MS or k.pilot.votes)
        and 0 < k.settings.glitch_hold_ms - k.duty.changed_ms <= GLITCH_WINDOW_MS
        and k.inputs.peak_ma > _DRAWING_MA
    )


def stopped(k):
    return k.pilot.letter == pilot.B and not holding(k)


def offered(k):
    return k.offer.current_da and k.charging.held_ms >= PLUG_SETTLED_MS and may_offer(k)


def may_offer(k):
    return k.duty.bp and k.duty.since_ms >= STEADY_HOLD_MS and k.residual_test.passed and locked(k)


def locked(k):
    return (k.inputs.lock_shut and not k.unlocking_ms) or not k.settings.has_lock


def lock_lost(k):
    return k.unlocked_ms > UNLOCKED_MS


def withdrawn(k):
    return k.offer.current_da == 0


def ready(k):
    return (
        k.pilot.stable_ms >= pilot.SETTLED_MS
        and not k.pilot.votes  # the newest burst may be the first of a stop
        and not k.pilot.undecided_ms  # a level of no window is nobody's wish
        and k.pilot.proofs >= pilot.DIODE_PROOFS
        and k.open_ms >= OPEN_REST_MS
        and not k.inputs.contactor_closed
        and k.residual_test.passed
        and locked(k)
    )


def overdue(k):
    return k.charging.held_ms >= BACKSTOP_MS


def departed(k):
    return k.charging.held_ms >= DEPARTED_PWM_MS or k.offer.current_da == 0


def asleep(k):
    wait_ms = k.settings.wake_after_ms
    return wait_ms and k.charging.held_ms >= wait_ms and k.wake_due


def woken(k):
    return k.charging.held_ms >= k.settings.wake_ms


def rested(k):
    return k.charging.held_ms >= REST_MS


def dwelled(k):
    return k.charging.held_ms >= _NEGATIVE_MS and not k.protection.unavailable


def broken(k):
    return k.protection.unavailable


def recovered(k):
    return k.pilot.letter < pilot.E and k.pilot.stable_ms >= _ERROR_CLEAR_MS


def rows() -> tuple:
    """Return the table: (state, condition, next state, sequence of the timing table), a row each.

    The columns below are all that a box keeps of it.
    """
    return (
        (A1, broken, F, "12"),
        (A1, short, E, "12"),
        (A1, plugged, B1, "1.1"),
        (A1, requests, C1, "1.2"),
        (A1, asks_for_air, D1, "1.2"),
        (A2, broken, F, "12"),
        (A2, short, E, "12"),
        (A2, departed, A1, "9.3"),
        (A2, plugged, B2, "1.1"),
        (A2, requests, C2, "1.2"),
        (A2, asks_for_air, D2, "1.2"),
        (B1, broken, F, "12"),
        (B1, short, E, "12"),
        (B1, unplugged, A1, "2.1"),
        (B1, requests, C1, "4"),
        (B1, asks_for_air, D1, "4"),
        (B1, offered, B2, "3.1"),
        (B2, short, E, "12"),
        (B2, unplugged, A2, "2.1"),
        (B2, withdrawn, B1, "9.2"),
        (B2, requests, C2, "4"),
        (B2, asks_for_air, D2, "4"),
        (B2, asleep, WAKE, "A.5.3"),
        (C1, broken, F, "12"),
        (C1, short, E, "12"),
        (C1, unplugged, A1, "2.2"),
        (C1, plugged, B1, "8.2"),
        (C1, asks_for_air, D1, "8.2"),
        (C1, offered, C2, "3.2"),
        (C2, short, E, "12"),
        (C2, unplugged, A2, "2.2"),
        (C2, plugged, B2, "8.1"),
        (C2, asks_for_air, D2, "8.1"),
        (C2, withdrawn, C1, "9.1"),
        (C2, ready, C2_CLOSED, "4"),
        (C2_CLOSED, short, E, "12"),
        (C2_CLOSED, negative, E, "12"),
        (C2_CLOSED, fault, F, "12"),
        (C2_CLOSED, unplugged, A2, "2.2"),
        (C2_CLOSED, stopped, B2, "8.1"),
        (C2_CLOSED, asks_for_air, D2, "8.1"),
        (C2_CLOSED, lock_lost, C2, "lock"),
        (C2_CLOSED, withdrawn, C1_CLOSED, "9.1"),
        (C1_CLOSED, short, E, "12"),
        (C1_CLOSED, negative, E, "12"),
        (C1_CLOSED, fault, F, "12"),
        (C1_CLOSED, unplugged, A1, "2.2"),
        (C1_CLOSED, plugged, B1, "10.1"),
        (C1_CLOSED, asks_for_air, D1, "10.1"),
        (C1_CLOSED, lock_lost, C1, "lock"),
        (C1_CLOSED, overdue, C1, "10.2"),
        (D1, broken, F, "12"),
        (D1, short, E, "12"),
        (D1, unplugged, A1, "2.2"),
        (D1, plugged, B1, "8.2"),
        (D1, requests, C1, "4"),
        (D1, offered, D2, "3.2"),
        (D2, short, E, "12"),
        (D2, unplugged, A2, "2.2"),
        (D2, plugged, B2, "8.1"),
        (D2, requests, C2, "4"),
        (D2, withdrawn, D1, "9.1"),
        (E, broken, F, "12"),
        (E, unplugged, A1, "2.2"),
        (E, recovered, B1, "12"),
        (F, dwelled, B1, "12"),
        (WAKE, woken, REST, "A.5.3"),
        (REST, short, E, "12"),
        (REST, unplugged, A1, "2.1"),
        (REST, withdrawn, B1, "9.2"),
        (REST, rested, B2, "A.5.3"),
    )


_ROWS = rows()
SEQUENCES = tuple(row[3] for row in _ROWS) + ("interlock", "stage failed")
INTERLOCK, EXCEPTION = len(_ROWS), len(_ROWS) + 1
CONDITIONS = tuple(row[1] for row in _ROWS)
FOLLOWING = bytes(row[2] for row in _ROWS)
# of each state the first of its rows, and the first that is no longer its own
FIRST = bytes(min(k for k in range(len(_ROWS)) if _ROWS[k][0] == n) for n in range(len(NAMES)))
BEYOND = bytes(
    max(k for k in range(len(_ROWS)) if _ROWS[k][0] == n) + 1 for n in range(len(NAMES))
)
del _ROWS

# what a state drives:  A1 A2 B1 B2 C1 C2 D1 D2 C2_CLOSED C1_CLOSED E F WAKE REST
CLOSE = (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0)
DRIVE = (
    STEADY,
    PWM,
    STEADY,
    PWM,
    STEADY,
    PWM,
    STEADY,
    PWM,
    PWM,
    STEADY,
    STEADY,
    NEGATIVE,
    NEGATIVE,
    STEADY,
)


def why(rule: int) -> str:
    """Return the condition of a rule, in its own words."""
    if rule == INTERLOCK:
        return "not permitted"
    return "exception in the control loop" if rule == EXCEPTION else CONDITIONS[rule].__name__


class Charging:
    """state: one of the constants above. held_ms: time in it. rule: the row that led here."""

    def __init__(self):
        self.state = A1
        self.previous = A1
        self.held_ms = 0
        self.rule = 0

    def step(self, k, elapsed_ms: int) -> int:
        """Take at most one row. Return 1 if the state changed."""
        self.held_ms = min(self.held_ms + elapsed_ms, _LONG_MS)
        for row in range(FIRST[self.state], BEYOND[self.state]):
            if CONDITIONS[row](k):
                self.previous = self.state
                self.state = FOLLOWING[row]
                self.held_ms = 0
                self.rule = row
                return 1
        return 0

    def refuse(self):
        """The interlock has taken the contactor away: the same letter, with the contactor open."""
        self.previous = self.state
        self.state = C2 if self.state == C2_CLOSED else C1
        self.held_ms = 0
        self.rule = INTERLOCK
