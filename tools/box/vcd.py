"""Signals as a Value Change Dump (IEEE 1364), as GTKWave and Surfer open it.

Numbers become reals, 0/1 signals become wires, the rest the string variables GTKWave understands.
"""

WIRES = ("contactor.command", "contactor.closed", "lock")
REALS = ("pilot.duty_permille", "offer.a", "energy.wh", "current.a", "power.w")
SKIPPED = ("event",)
FIRST, LAST = 33, 126  # identifiers are printable ASCII


def dump(rows: list) -> str:
    """rows: [(t_ms, signal, value), ...] in order of time. Return the file's text."""
    names = sorted({signal for _, signal, _ in rows if signal not in SKIPPED})
    codes = {name: _code(k) for k, name in enumerate(names)}
    lines = ["$timescale 1 ms $end"]
    for name in names:
        scope, _, leaf = name.rpartition(".")
        lines.append("$scope module %s $end" % (scope or "box"))
        lines.append("$var %s %s %s $end" % (_kind(name), codes[name], leaf))
        lines.append("$upscope $end")
    lines.append("$enddefinitions $end")
    now_ms = None
    for t_ms, signal, value in rows:
        if signal in SKIPPED:
            continue
        if t_ms != now_ms:
            now_ms = t_ms
            lines.append("#%d" % t_ms)
        lines.append(_change(signal, value, codes[signal]))
    return "\n".join(lines) + "\n"


def _code(k):
    base = LAST - FIRST + 1
    return chr(FIRST + k % base) + (_code(k // base - 1) if k >= base else "")


def _kind(name):
    if name in WIRES:
        return "wire 1"
    return "real 64" if name in REALS else "string 1"


def _change(signal, value, code):
    if signal in WIRES:
        return value + code
    if signal in REALS:
        return "r%s %s" % (value, code)
    return "s%s %s" % (value.replace(" ", "_") or "-", code)
