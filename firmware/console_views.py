"""What the console shows: each function returns lines of at most 79 columns about a box."""

from time import ticks_diff, ticks_ms

from micropython import const
from unloading import unload

from cloud import topics
from state import charging, events, faults, offer, pilot
from state.records import NO_LIMIT

LETTERS_SAY = (
    "no car",
    "a car is connected",
    "the car wants to charge",
    "the car wants to charge with ventilation",
    "pilot shorted to earth",
    "not available",
)
_WIDTH = const(79)


def amps(da: int) -> str:
    return "%d.%d A" % (da // 10, da % 10)


def volts(mv: int) -> str:
    return "%.2f V" % (mv / 1_000)


def clock(seconds: int) -> str:
    return "%d:%02d:%02d" % (seconds // 3_600, seconds // 60 % 60, seconds % 60)


def age(ms: int) -> str:
    """Return a duration as people say it; the core's counters stop at a minute."""
    if ms < 10_000:
        return "%.1f s" % (ms / 1_000)
    return "%d s" % (ms // 1_000) if ms < 60_000 else clock(ms // 1_000)


def held(ms: int) -> str:
    return age(ms) if ms < 60_000 else "over a minute"


def closings(count: int) -> str:
    return "%d closing%s" % (count, "" if count == 1 else "s")


def phases(values, unit: str) -> str:
    return " ".join(["%.2f" % (value / 1_000) for value in values]) + " " + unit


def duty(bp: int) -> str:
    if bp == 10_000:
        return "100 % (steady +12 V)"
    return "%.2f %%" % (bp / 100) if bp else "0 % (steady -12 V)"


def folded(head: str, items, mark: str = ",") -> list:
    """Return head and the items, a mark after each but the last, on as many lines as needed."""
    lines, line = [], head
    for k, item in enumerate(items):
        word = " " + item + (mark if k < len(items) - 1 else "")
        if len(line) + len(word) > _WIDTH:
            lines.append(line)
            line = " " * 10
        line += word
    return lines + [line]


def status(box) -> list:
    seen, core = box.snapshot, box.control.core
    reason = box.requests.name_of(seen.offer_slot)
    command = ("open", "closed")[seen.contactor_command]
    up = (box.config["box_id"], age(seen.uptime_ms), seen.worst_tick_ms)
    lines = [
        "pilot      %s, %s" % (pilot.LETTERS[seen.letter], LETTERS_SAY[seen.letter]),
        "state      %s, for %s" % (charging.NAMES[seen.state], held(core.charging.held_ms)),
        "offer      %s, reason %s, duty %s" % (amps(seen.offer_da), reason, duty(seen.duty_bp)),
    ]
    lines += folded("limits    ", _limits(box))
    lines += [
        "contactor  %s, %s since start" % (command, closings(seen.contactor_cycles)),
        "power      %d W, %s" % (seen.power_w, phases(seen.current_ma, "A")),
        "session    %s" % session(seen),
    ]
    lines += folded("faults    ", faults.codes(seen.faults) or ["none"])
    lines += ["broker     %s" % _broker(box), "box        %s, up %s, worst tick %d ms" % up]
    left_out = box.recovery.left_out()
    if left_out:
        lines += folded("left out  ", left_out)
        lines += folded("           after", (box.recovery.why or "crashes").split(" "), "")
    if box.control.failure is not None:
        lines.append("control    stopped: %r" % box.control.failure)
    if box.service_failure is not None:
        lines.append("services   failed: %r" % box.service_failure)
    return lines


def session(seen) -> str:
    if not seen.session_number:
        return "none"
    energy_wh = sum(seen.session_ws) // 3_600
    return "%d, %s h, %d Wh" % (seen.session_number, clock(seen.session_s), energy_wh)


def _limits(box):
    """Every limit in force, the lowest first."""
    found = []
    for slot, da in enumerate(box.control.inputs.limit_da):
        if da != NO_LIMIT:
            found.append((da, box.requests.name_of(slot)))
    if not box.requests.enabled:
        found.append((0, offer.SLOTS[offer.DISABLED]))
    return ["%s %s" % (name, amps(da)) for da, name in sorted(found)]


def _broker(box):
    host = box.config["broker_host"]
    if not host:
        return "none set"
    if box.link is None:
        return "%s, not tried yet" % host
    return "%s, %s" % (host, "up" if box.link.is_up() else "down: " + box.link.last_error)


def why(box) -> list:
    told = _last_edge(box)
    if told is None:
        lines = ["The contactor has not moved in the last %d events." % events.RING]
    else:
        edge = ("Closed" if told["closed"] else "Opened", _ago(told), told["rule"], told["why"])
        pair = (volts(told["pilot_high_mv"]), volts(told["pilot_low_mv"]))
        after = "" if told["closed"] else ", %d ms after the first sign of it" % told["cause_ms"]
        lines = [
            "%s %s ago by rule %s: %s." % edge,
            "The pilot was at %s / %s" % pair + after + ".",
        ]
    now = charging.NAMES[box.snapshot.state]
    if box.snapshot.contactor_command:
        return lines + ["Now %s: the contactor is closed." % now]
    reasons = _obstacles(box) or [LETTERS_SAY[box.snapshot.letter]]
    return lines + folded("Now %s, open:" % now, reasons)


def _last_edge(box):
    for told in ring(box):
        if told["event"] == "contactor":
            return told
    return None


def ring(box):
    """Yield what the core's ring still holds as dicts, newest first."""
    kept = box.control.core.events
    for back in range(1, min(events.RING, kept.stamped) + 1):
        yield topics.describe(kept.last(back), box.requests)


def _ago(told):
    return age(ticks_diff(ticks_ms(), told["at_ms"]))


def _obstacles(box):
    """What keeps the contactor open, beside the car."""
    core, found = box.control.core, []
    if core.protection.stopping:
        found += faults.codes(core.protection.faults)
    if not box.requests.enabled:
        found.append("charging is disabled")
    elif not core.offer.current_da:
        found.append("nothing to offer (%s)" % box.requests.name_of(core.offer.slot))
    if not core.connected:
        return found
    if not core.residual_test.passed:
        found.append("the residual current monitor is not proven")
    if core.settings.has_lock and not box.control.inputs.lock_shut:
        stuck = box.wiring.lock.stuck
        found.append("the bolt does not move" if stuck else "the plug is not locked")
    if core.pilot.letter == pilot.C and not core.pilot.diode_proven:
        found.append("no diode proven")
    return found


def pilot_lines(box) -> list:
    core, seen = box.control.core, box.control.inputs
    judged, driver = core.pilot, box.wiring.pilot
    told = (pilot.LETTERS[judged.letter], held(judged.stable_ms), LETTERS_SAY[judged.letter])
    return [
        "letter     %s, for %s: %s" % told,
        "high, low  %s, %s" % (volts(seen.pilot_high_mv), volts(seen.pilot_low_mv)),
        "duty       %s told, %s read back" % (duty(core.duty.bp), duty(seen.pilot_duty_bp)),
        "signals    %s" % (amps(core.duty.signalled_da) if core.duty.is_pwm() else "no offer"),
        "diode      %s" % ("proven" if judged.diode_proven else "not proven"),
        "spread     %.1f mV at the converter within a burst" % (seen.pilot_spread_uv / 1_000),
        "a read     %.1f us, duty within %.1f %%"
        % (driver.read_ns / 1_000, driver.error_bp / 100),
        "votes      %d of %d bursts against the letter" % (judged.votes, pilot.VOTES),
    ]


def meter(box) -> list:
    if not box.wiring.meter:
        return ["This board has no meter."]
    seen, chz = box.snapshot, box.control.inputs.frequency_chz
    return [
        "current    %s" % phases(seen.current_ma, "A"),
        "voltage    %s" % phases(seen.voltage_mv, "V"),
        "power      %d W" % seen.power_w,
        "frequency  %s" % ("%.2f Hz" % (chz / 100) if chz else "unknown"),
        "session    %s" % session(seen),
        "register   %.3f kWh" % (seen.energy_wh() / 1_000),
    ]


def faults_lines(box) -> list:
    if not box.snapshot.faults:
        return ["No faults in force."]
    from state import fault_texts

    unload("state.fault_texts")
    lines = []
    for code in faults.codes(box.snapshot.faults):
        row = faults.FAULTS[faults.CODES.index(code)]
        _, _, _, action, (ends, wait_ms, _) = row
        cause, advice = fault_texts.TEXTS[code]
        wait = " of %d s" % (wait_ms // 1_000) if wait_ms else ""
        lines.append("%s: %s. %s." % (code, cause, advice))
        told = (fault_texts.ACTIONS[action], fault_texts.CLEARS[ends], wait)
        lines.append("    acts: %s; ends %s%s" % told)
    return lines


def events_lines(box, n: int) -> list:
    lines = []
    for told in ring(box):
        lines.insert(0, "%9s ago  %s" % (_ago(told), event(told)))
        if len(lines) == n:
            break
    return lines or ["No events since the start."]


# event: how its fields are told; others are told as they are
TELLS = {
    "state": lambda told: "%s -> %s by %s, %s" % _step(told),
    "contactor": lambda told: "%s by %s, %s; pilot %s / %s" % _edge(told),
    "fault": lambda told: "{fault}: {text}".format(**told),
    "fault_cleared": lambda told: told["fault"],
    "offer": lambda told: "{offer_a} A, {reason}".format(**told),
}


def _step(told):
    """Two states of one name are told apart by the contactor."""
    before, after = told["from"], told["to"]
    if before == after:
        moved = ("open", "closed") if told["why"] == "ready" else ("closed", "open")
        before, after = "%s %s" % (before, moved[0]), "%s %s" % (after, moved[1])
    return before, after, told["rule"], told["why"]


def _edge(told):
    closed = "closed" if told["closed"] else "opened"
    high, low = volts(told["pilot_high_mv"]), volts(told["pilot_low_mv"])
    return closed, told["rule"], told["why"], high, low


def event(told: dict) -> str:
    """Return what an event says, without the time, in one short line."""
    name = told["event"]
    if name in TELLS:
        text = TELLS[name](told)
    else:
        fields = [key for key in told if key not in ("event", "at_ms", "seq", "time_s")]
        text = ", ".join(["%s %s" % (key, told[key]) for key in sorted(fields)])
    return ("%-15s %s" % (name, text))[: _WIDTH - 15]


def ended(record: dict) -> str:
    """Return a session's record in one line."""
    head = (record["session"], clock(record["seconds"]), record["energy_wh"], record["peak_a"])
    tail = (record["closings"], record["end_cause"])
    return "%5d  %s h  %6d Wh  peak %.1f A  closed %dx  ended by %s" % (head + tail)


def setting(name: str, value, lowest: int, highest: int, text: str) -> list:
    if isinstance(value, str):
        head = "%-20s %r " % (name, value)
    else:
        head = "%-20s %-6d %d to %d;" % (name, value, lowest, highest)
    return folded(head, text.split(" "), "")
