"""What must hold in every reachable state, and what must be reachable from all of them."""

from modelcheck.machine import GOOD, LEVELS_MV
from state import charging, duty, faults, pilot

AGAINST_STEPS = pilot.VOTES  # bursts, which is what a step is here, until the contactor is open
WAITS = sum(
    1 << n
    for n, row in enumerate(faults.FAULTS)
    if row[faults.ENDING][faults.ENDS] == faults.UNPLUG
)
STEPS = 80  # to come back from anything, at half a second each


def speaks_against(machine, given):
    """Return what in the world itself, not in the core's opinion, forbids a closed contactor."""
    k = machine.core
    if given["level"] != "C" and not (given["level"] == "D" and k.settings.ventilated):
        return "" if charging.holding(k) else "level"
    if k.settings.has_lock and not given["lock_shut"]:
        return "lock"
    if given["low_mv"] > pilot.DIODE_MV and k.duty.is_pwm():
        return "diode"
    return "" if given["earth_ok"] else "earth"


def violation(machine, was, against):
    """Return what is wrong after a step, or "".

    was: (state, offer) before it. against: what of the world spoke against it, and how many steps.
    """
    out = machine.outputs
    said = _wrong_duty(machine, was)
    if said or not out.close_contactor:
        return said
    if against[1] >= AGAINST_STEPS:
        return "still closed, against it: %s" % against[0]
    return _wrong_closing(machine)


def _wrong_duty(machine, was):
    k, bp = machine.core, machine.outputs.duty_bp
    if bp in (0, 10_000):
        return ""
    if not 1_000 <= bp <= duty.duty_bp(machine.inputs.limit_da[0]):
        return "duty %d" % bp
    if k.duty.signalled_da < duty.MINIMUM_DA:
        return "PWM without an offer"
    ended = not k.offer.current_da and k.charging.state != charging.A2
    if ended and was == (k.charging.state, 0):
        return "PWM after the offer ended"  # seq. 9.3 lets it run a while without a car
    if 0 < k.offer.current_da < k.duty.signalled_da and k.duty.since_ms >= duty.CHANGE_MS:
        return "the duty is above the limit"
    return ""


def _wrong_closing(machine):
    k, out = machine.core, machine.outputs
    wants = k.pilot.letter == pilot.C or (k.pilot.letter == pilot.D and k.settings.ventilated)
    if not wants and not charging.holding(k):
        return "closed in %s" % pilot.LETTERS[k.pilot.letter]
    if not k.pilot.diode_proven:
        return "closed without a diode"
    if k.protection.opening:
        return "closed with a fault"
    if not k.residual_test.passed:
        return "closed without a tested monitor"
    if k.settings.has_lock and not out.lock:
        return "closed and not locked"
    if out.duty_bp == 10_000 and k.duty.since_ms > charging.BACKSTOP_MS:
        return "closed 6 s after the offer ended"
    return ""


def waiting(machine):
    """Return the bits in force that the end of the session clears, or a person; 0 without one."""
    k = machine.core
    return k.protection.faults & WAITS if k.session.number else 0


def released(machine, waited, given):
    """Return what is wrong if a latch of before the step is gone in the same session, or ""."""
    k = machine.core
    gone = waited & ~k.protection.faults
    if not gone or given["reset"] or not k.session.number:
        return ""
    return "ended within the session: %s" % " ".join(faults.codes(gone))


def latched(machine):
    """Return the codes in force that end by a person's act only."""
    k = machine.core
    return [
        row[faults.NAME]
        for n, row in enumerate(faults.FAULTS)
        if k.protection.has(n) and row[faults.ENDING][faults.ENDS] != faults.GONE
    ]


def may_charge(machine):
    """Return whether a willing car ought to be charged from here without anyone's act."""
    k = machine.core
    return not (
        latched(machine)
        or k.residual_test.failed
        or k.session.interruptions >= faults.most_interruptions(k)
        or k.crashes >= faults.CRASHES
        or is_latching(k)
    )


def is_latching(k):
    """A check of a latching fault is true and only waits for its time."""
    rows = enumerate(faults.FAULTS)
    return any(
        k.protection._held_ms[n] and row[faults.ENDING][0] != faults.GONE for n, row in rows
    )


def is_idle(machine):
    return not machine.core.protection.faults and machine.core.charging.state == charging.A1


def is_closed(machine):
    return machine.outputs.close_contactor


def has_no_latch(machine):
    return not latched(machine)


WILLING = GOOD
AWAY = {**GOOD, "level": "A"}
AWAY_AND_RESET = {**AWAY, "reset": 1}
# name, from which states, under which input for ever, what must come true
LIVELY = (
    ("a willing car is charged", may_charge, WILLING, is_closed),
    ("unplugging and a reset end every fault", lambda machine: True, AWAY_AND_RESET, is_idle),
    (
        "unplugging alone ends what says so",
        lambda machine: all(ends_by_unplugging(code) for code in latched(machine)),
        AWAY,
        has_no_latch,
    ),
)


def ends_by_unplugging(code):
    return faults.FAULTS[faults.CODES.index(code)][faults.ENDING][faults.ENDS] == faults.UNPLUG


assert set(LEVELS_MV) == set(pilot.LETTERS)
