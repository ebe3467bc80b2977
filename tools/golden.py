"""Golden traces: what the box did in whole sessions, and in words what it does otherwise now.

golden.py [NAME ...] plays tests/host/golden/NAME.csv, prints every difference from NAME.exp and
records NAME.exp anew. Without a name it does so for all of them. The first lines of a CSV may be
`#: seed 1`, `#: until 60000` and `#: config NAME VALUE`.
"""

import difflib
import json
import sys
import tempfile
from pathlib import Path

from box import scenario

PLACE = Path(__file__).resolve().parents[1] / "tests/host/golden"
TRACED = (  # signals that are compared to the millisecond
    *("cp.state", "iec.state", "pilot.duty_permille", "contactor.command", "contactor.closed"),
    *("offer.a", "offer.reason", "fault", "session.id", "lock"),
)
ENERGY = "energy.wh"  # only where it ends, to 1 Wh: it counts up in every tick
EVENTS = "events"  # only their order: when a service tells one is not what this guards
DIRECTIVE = "#:"


def play(path: Path) -> list:
    """Play a golden scenario; return its trace, [(t_ms, signal, value), ...].

    Raises RuntimeError with what the box said last.
    """
    options = {"seed": 1, "until": None, "config": {}}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(DIRECTIVE):
            name, *words = line.removeprefix(DIRECTIVE).split(None, 2)
            if name == "config":
                options["config"][words[0]] = json.loads(words[1])
            else:
                options[name] = int(words[0])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "signals.csv"
        rows, seed, until_ms = scenario.read(path), options["seed"], options["until"]
        failure = scenario.run(rows, out, seed, until_ms, options["config"])
        if failure:
            raise RuntimeError("%s: %s" % (path.name, failure))
        return trace(scenario.load(out))


def trace(rows: list) -> list:
    """Return of a signal log what a golden trace keeps, in the order of time."""
    kept = [row for row in rows if row[1] in TRACED]
    ends_ms = rows[-1][0] if rows else 0
    energies = [value for _, signal, value in rows if signal == ENERGY]
    kept.append((ends_ms, ENERGY, "%.0f" % float(energies[-1]) if energies else "0"))
    events = [json.loads(value)["event"] for _, signal, value in rows if signal == "event"]
    return [*kept, (ends_ms, EVENTS, " ".join(events))]


def written(trace: list) -> str:
    return "".join("%d %s %s\n" % row for row in trace)


def read(path: Path) -> list:
    """Return the trace in a .exp file, empty if there is none yet."""
    if not path.exists():
        return []
    rows = [line.split(" ", 2) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(int(row[0]), row[1], row[2] if len(row) > 2 else "") for row in rows]


def differences(before: list, now: list) -> list:
    """Return one sentence for each change that came, went or moved, in the order of time."""
    found = []
    for signal in (*TRACED, ENERGY, EVENTS):
        old, new = (
            [(t_ms, value) for t_ms, name, value in rows if name == signal]
            for rows in (before, now)
        )
        if old != new:
            found += of_signal(signal, old, new, before, now)
    return [sentence for _, sentence in sorted(found)]


def of_signal(signal: str, old: list, new: list, before: list, now: list) -> list:
    """Return [(t_ms, sentence), ...] about one signal; old, new: its [(t_ms, value), ...]."""
    if signal == EVENTS:
        return of_events(old, new)
    if signal == ENERGY:
        return [(old[-1][0], "energy ends at %s Wh, was %s Wh" % (new[-1][1], old[-1][1]))]
    found = []
    matcher = difflib.SequenceMatcher(None, [v for _, v in old], [v for _, v in new], False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            for (was_ms, value), (is_ms, _) in zip(old[a:b], new[c:d]):
                if was_ms != is_ms:
                    what = happening(signal, value, was_ms, before)
                    found.append((was_ms, "%s %s" % (what, moved(is_ms, was_ms))))
            continue
        for was_ms, value in old[a:b]:
            what = happening(signal, value, was_ms, before)
            found.append((was_ms, "gone: %s at %.3f s" % (what, was_ms / 1000)))
        for is_ms, value in new[c:d]:
            what = happening(signal, value, is_ms, now)
            found.append((is_ms, "new: %s at %.3f s" % (what, is_ms / 1000)))
    return found


def of_events(old: list, new: list) -> list:
    (t_ms, was), (_, told) = old[-1] if old else (0, ""), new[-1] if new else (0, "")
    steps = difflib.ndiff(was.split(), told.split())
    words = {"- ": "gone: event %s", "+ ": "new: event %s"}
    return [(t_ms, words[step[:2]] % step[2:]) for step in steps if step[:2] in words]


def moved(is_ms: int, was_ms: int) -> str:
    """Return "14 ms later, at 7.530 s"."""
    way = "later" if is_ms > was_ms else "earlier"
    return "%d ms %s, at %.3f s" % (abs(is_ms - was_ms), way, is_ms / 1000)


def happening(signal: str, value: str, t_ms: int, rows: list) -> str:
    """Return what a change means: "C2 opens", "offer.a becomes 10.0"."""
    if signal == "contactor.command":
        states = [v for at_ms, name, v in rows if name == "iec.state" and at_ms < t_ms]
        return "%s %s" % (states[-1] if states else "start", ("opens", "closes")[value == "1"])
    return "%s becomes %s" % (signal, value or "empty")


def main():
    names = sys.argv[1:] or sorted(path.stem for path in PLACE.glob("*.csv"))
    for name in names:
        path = PLACE / (name + ".csv")
        if not path.exists():
            sys.exit("golden: there is no %s" % path)
        now, kept = play(path), path.with_suffix(".exp")
        changes = (
            differences(read(kept), now) if kept.exists() else ["recorded for the first time"]
        )
        print("\n".join("%s: %s" % (name, line) for line in changes or ["as before"]))
        kept.write_text(written(now), encoding="utf-8")


if __name__ == "__main__":
    main()
