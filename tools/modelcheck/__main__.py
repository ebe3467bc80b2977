"""python -m modelcheck [SLICE ...]: explore, print, and leave a counterexample as a scenario."""

import multiprocessing
import sys
from pathlib import Path

from modelcheck.explore import check
from modelcheck.slices import SLICES

FOLDER = Path("build/modelcheck")


def main(names):
    unknown = [name for name in names if name not in SLICES]
    if unknown:
        sys.exit("modelcheck: no slice %s, known: %s" % (unknown, ", ".join(SLICES)))
    totals, wrong = [0, 0, 0.0], 0
    with multiprocessing.Pool(2, maxtasksperchild=1) as pool:
        for row in pool.imap_unordered(check, names or list(SLICES), 1):
            name, states, transitions, took_s, said, text = row
            line = "%-16s %7d states %9d transitions %5.0f s" % (name, states, transitions, took_s)
            print(line, said or "0 violations", flush=True)
            totals = [sum(pair) for pair in zip(totals, (states, transitions, took_s))]
            if said:
                wrong += 1
                FOLDER.mkdir(parents=True, exist_ok=True)
                path = FOLDER / (name.replace(" ", "_") + ".csv")
                path.write_text(text, encoding="utf-8")
                print("   counterexample: %s" % path)
    print("all: %d states, %d transitions, %.0f s of computing" % tuple(totals))
    print("%d violations" % wrong)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
