"""The bench self-test: a charge with the three test resistors, watched step by step.

The control loop runs as always: every protection is in force, and the contactor moves only when
the table and the interlock let it. The engineer fits the resistors of IEC 61851-1 table A.3, with
their diode; the box sees each one come. A socket box wants 220 ohm on the proximity contact too.
"""

from time import sleep_ms, ticks_diff, ticks_ms

from micropython import const

from state import faults, pilot
from state.interlock import permits
from state.records import NO_LIMIT

# the lowest duty is the hardest to read
LIMIT = "selftest"
_LIMIT_DA = const(60)
_POLL_MS = const(5)
_RUNS_MS = const(12_000)  # until the oscillator runs: x1 for 3 s, the monitor's test, the lock
_MOVES_MS = const(200)  # protection's own bound for the contactor
_NEAR_MV = const(500)  # of a plateau, with resistors of 1 %: half of table A.4's window
_RAIL_MV = const(600)  # 5 %: table A.4, states A and F
_DUTY_BP = const(300)  # half of what protection allows; or what a slow converter's burst resolves
OHM = (198, 242)
READ_US = (15, 85)  # between these the pilot's bursts were tried
_WINDOWS_MS = const(2_500)  # two of the meter's: what it shows is of now
MAINS_MV = (207_000, 253_000)
_ABSENT_MV = const(10_000)
_STILL_MA = const(200)
# letter, what to fit, its plateau
STEPS = (
    (pilot.A, "nothing on the pilot: no car, no resistor", 12_000),
    (pilot.B, "2740 ohm and diode from pilot to earth", 9_000),
    (pilot.C, "882 ohm and diode from pilot to earth", 6_000),
    (pilot.D, "246 ohm and diode from pilot to earth", 3_000),
    (pilot.A, "nothing on the pilot any more", 12_000),
)


def percent(bp: int) -> str:
    return "within %.1f %%" % (bp / 100)


def volts(mv: int) -> str:
    return "%.2f V" % (mv / 1_000)


class SelfTest:
    """box: wallbox.Box. failed: names of the checks that failed."""

    def __init__(self, box):
        self.box = box
        self.core = box.control.core
        self.seen = box.control.inputs
        self.failed = []

    def run(self, patience_s):
        for number in range(len(STEPS)):
            letter, what, mv = STEPS[number]
            yield {"step": number + 1, "text": "%d of %d: %s" % (number + 1, len(STEPS), what)}
            arrived = self.wait(lambda wanted=letter: self.is_steady(wanted), patience_s * 1_000)
            name = "rail +12 V" if letter == pilot.A else "pilot " + pilot.LETTERS[letter]
            near = _RAIL_MV if letter == pilot.A else _NEAR_MV
            yield self.within(name, self.seen.pilot_high_mv, (mv - near, mv + near))
            if not arrived:
                yield self.check("step %d" % (number + 1), False, "no %s" % pilot.LETTERS[letter])
                return
            for item in CHECKS[number](self):
                yield item

    def wait(self, condition, most_ms):
        """Return whether condition() came true within most_ms."""
        since_ms = ticks_ms()
        while not condition():
            if ticks_diff(ticks_ms(), since_ms) > most_ms:
                return False
            sleep_ms(_POLL_MS)
        return True

    def is_steady(self, letter):
        return self.core.pilot.letter == letter and self.core.pilot.stable_ms >= pilot.SETTLED_MS

    def check(self, name, ok, value, limits=""):
        """Return an item of the report. ok: None where there is nothing to check."""
        ok = None if ok is None else bool(ok)
        if ok is False:
            self.failed.append(name)
        word = "--" if ok is None else "ok" if ok else "FAIL"
        text = "  %-4s  %-20s %-24s %s" % (word, name, value, limits)
        return {
            "check": name,
            "ok": ok,
            "value": value,
            "limits": limits,
            "text": text.rstrip(),
        }

    def within(self, name, mv, limits):
        between = "%s to %s" % (volts(limits[0]), volts(limits[1]))
        return self.check(name, limits[0] <= mv <= limits[1], volts(mv), between)

    def offers(self):
        return self.core.duty.is_pwm() and self.core.pilot.diode_proven

    def refuses(self, name):
        """In no state but C may the contactor close, whatever the table thinks."""
        refused = not permits(self.core) and not self.core.closing
        return self.check(name, refused, "refuses" if refused else "permits")


def idle(test):
    box, seen, core = test.box, test.seen, test.core
    found = faults.codes(core.protection.faults)
    yield test.check("no fault", not found, ", ".join(found) or "none")
    spread_uv = seen.pilot_spread_uv
    read_us = box.wiring.pilot.read_ns / 1_000
    alive = spread_uv > 0 and READ_US[0] <= read_us <= READ_US[1]
    value = "%.1f mV noise, %.1f us" % (spread_uv / 1_000, read_us)
    yield test.check("converter alive", alive, value, "%d to %d us a read" % READ_US)
    ohm = seen.proximity_ohm
    if box.wiring.proximity:
        limits = "%d to %d ohm" % OHM
        yield test.check("proximity", OHM[0] <= ohm <= OHM[1], "%d ohm" % ohm, limits)
    if box.wiring.thermometer:
        celsius = seen.temperature_dc / 10
        yield test.check("temperature", 0 <= celsius <= 50, "%.1f C" % celsius, "0 to 50 C")
    if box.wiring.earth:
        yield test.check("protective earth", seen.earth_ok, "seen" if seen.earth_ok else "missing")
    closed = seen.contactor_closed
    yield test.check("contactor open", not closed, "closed" if closed else "open")
    tripped = seen.residual_dc or seen.residual_ac
    yield test.check("monitor quiet", not tripped, "tripped" if tripped else "quiet")
    yield test.refuses("interlock in A")
    if box.wiring.meter:
        for item in metered(test, box.snapshot):
            yield item


def metered(test, seen):
    """Voltages are right, or all absent; nothing flows through an open contactor."""
    sleep_ms(_WINDOWS_MS)
    lines = seen.voltage_mv[: test.box.wiring.meter.phases]
    text = " ".join([volts(mv)[:-2] for mv in lines]) + " V"
    if max(lines) < _ABSENT_MV:
        yield test.check("mains", None, "off", "switch it on to check the meter")
    else:
        right = MAINS_MV[0] <= min(lines) and max(lines) <= MAINS_MV[1]
        yield test.check("mains", right, text, "207 to 253 V")
    still = max(seen.current_ma) < _STILL_MA
    yield test.check(
        "no current", still, "%d mA" % max(seen.current_ma), "below %d mA" % _STILL_MA
    )


def connected(test):
    core, seen = test.core, test.seen
    runs = test.wait(test.offers, _RUNS_MS)
    reason = test.box.requests.name_of(core.offer.slot)
    yield test.check("oscillator", runs, "runs" if runs else "no offer: %s" % reason)
    if core.settings.has_residual_test:
        passed = core.residual_test.passed
        yield test.check("monitor test", passed, "trips, resets" if passed else "no answer")
    else:
        yield test.check("monitor test", None, "this board has no test input")
    if core.settings.has_lock:
        yield test.check("plug lock", seen.lock_shut, "shut" if seen.lock_shut else "not shut")
    if runs:
        told, read = core.duty.bp, seen.pilot_duty_bp
        value = "%.1f %%, told %.1f %%" % (read / 100, told / 100)
        within_bp = max(_DUTY_BP, test.box.wiring.pilot.error_bp)
        yield test.check("duty", abs(read - told) <= within_bp, value, percent(within_bp))
        yield test.within(
            "rail -12 V", seen.pilot_low_mv, (-12_000 - _RAIL_MV, -12_000 + _RAIL_MV)
        )
    yield test.check("diode", core.pilot.diode_proven, "%d proofs" % core.pilot.proofs)
    yield test.refuses("interlock in B")


def requested(test):
    core = test.core
    told = test.wait(lambda: core.closing, _RUNS_MS)
    yield test.check("contactor told", told, "close" if told else "stays open")
    if told:
        yield moved(test, "contactor closes", 1)
        sleep_ms(_MOVES_MS)  # what goes wrong with it is a fault by then
    found = faults.codes(core.protection.faults)
    yield test.check("no fault in C", not found, ", ".join(found) or "none")


def ventilated(test):
    if test.core.settings.ventilated:
        yield test.check("opens in D", None, "this box may charge in D")
        return
    test.wait(lambda: not test.core.closing, _MOVES_MS)
    yield moved(test, "contactor opens", 0)
    yield test.refuses("interlock in D")


def departed(test):
    closed = test.seen.contactor_closed
    yield test.check("contactor open", not closed, "closed" if closed else "open")
    found = faults.codes(test.core.protection.faults)
    yield test.check("no fault left", not found, ", ".join(found) or "none")


def moved(test, name, closed):
    """The mirror contact follows the command."""
    if not test.core.settings.has_feedback:
        return test.check(name, None, "this board has no mirror contact")
    since_ms = ticks_ms()
    follows = test.wait(lambda: test.seen.contactor_closed == closed, _MOVES_MS)
    value = "after %d ms" % ticks_diff(ticks_ms(), since_ms) if follows else "does not follow"
    return test.check(name, follows, value, "within %d ms" % _MOVES_MS)


CHECKS = (idle, connected, requested, ventilated, departed)


def run(box, patience_s=60):
    """Yield the steps, the checks and the verdict as dictionaries; each has a text to print.

    patience_s: how long to wait for each resistor. Raises ValueError while a car charges.
    """
    if type(patience_s) not in (int, float) or not 0 < patience_s <= 3_600:
        raise ValueError("selftest: %r is not a patience from 0 to 3600 s" % (patience_s,))
    core = box.control.core
    if core.closing or core.pilot.letter in (pilot.C, pilot.D):
        raise ValueError("selftest: not while a car charges: take it off first")
    test = SelfTest(box)
    box.requests.limit_locally(LIMIT, _LIMIT_DA)
    try:
        for item in test.run(patience_s):
            yield item
    finally:
        box.requests.limit_locally(LIMIT, NO_LIMIT)
    verdict = "FAILED: %s" % ", ".join(test.failed) if test.failed else "passed"
    yield {"passed": not test.failed, "failed": test.failed, "text": "Self-test " + verdict}
