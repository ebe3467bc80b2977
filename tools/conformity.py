"""Play every row of the standard's tables and write docs/conformity.md: conformity.py."""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/host"), str(ROOT / "tools"), str(ROOT / "tools/sim")]
from conformity import rows_peers, rows_proximity, rows_timing, rows_voltage  # noqa: E402

PHASES = 8  # of the tick and the pilot, where a row has a cause
TARGET = ROOT / "docs/conformity.md"
PARTS = (
    ("Timing", rows_timing),
    ("Voltages and duty", rows_voltage),
    ("Cables", rows_proximity),
    ("Scenarios of other firmwares", rows_peers),
)
HEAD = (
    "| row | what | limit | source | confidence | worst | margin |\n|---|---|---|---|---|---|---|"
)
INTRODUCTION = """# Conformity

Written by `make conformity`: the whole firmware on MicroPython in simulated time, worst of the
figures of each row. Confidence: H two public sources agree, M one, L none found. The figures are
from public sources, not from the standard's text; this is no certificate. Times are of the
simulated board; nothing here was measured on a chip.
"""


def measure(place):
    part, number = place
    return PARTS[part][1].ROWS[number].play(PHASES)


def shown(value):
    return "%g" % round(value, 2)


def bounds(row):
    lowest, highest = row.limit
    texts = [] if lowest is None else ["at least %s" % shown(lowest)]
    texts += [] if highest is None else ["at most %s" % shown(highest)]
    if lowest == highest:
        texts = [shown(lowest)]
    return (" ".join([", ".join(texts), row.unit])).strip()


def line(row, figures):
    if not row.play:
        cells = (
            row.key,
            row.what,
            "",
            row.source,
            row.confidence,
            "not played: " + row.reason,
            "",
        )
    else:
        worst = row.worst(figures)
        margin = row.margin(worst)
        cells = (row.key, row.what, bounds(row), row.source, row.confidence)
        cells += (shown(worst), shown(margin) if margin >= 0 else "**%s**" % shown(margin))
    return "| %s |" % " | ".join(cells)


def main():
    places = [(p, n) for p, (_, part) in enumerate(PARTS) for n in range(len(part.ROWS))]
    places = [(p, n) for p, n in places if PARTS[p][1].ROWS[n].play]
    with ProcessPoolExecutor(2) as pool:
        figures = dict(zip(places, pool.map(measure, places)))
    text, beyond = [INTRODUCTION], 0
    for p, (title, part) in enumerate(PARTS):
        text += ["## %s\n" % title, HEAD]
        for n, row in enumerate(part.ROWS):
            found = figures.get((p, n))
            text.append(line(row, found))
            if row.play and row.margin(row.worst(found)) < 0:
                beyond += 1
                print("beyond its limit: %s: %s" % (row.key, found))
        text.append("")
    TARGET.write_text("\n".join(text), encoding="utf-8")
    print("%d rows played, %d beyond their limits: %s" % (len(places), beyond, TARGET.name))
    sys.exit(1 if beyond else 0)


if __name__ == "__main__":
    main()
