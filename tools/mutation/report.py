"""The score, docs/mutation.md, and whether every survivor is explained and every reason needed."""

from pathlib import Path

from mutation.equivalents import EQUIVALENT

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutation.md"
LEAST = 95.0
HEAD = """# Mutation

Written by `make mutation`, which breaks firmware/state/ one comparison, number, operator,
condition or statement at a time and runs the core's tests (tests/host/state) on each mutant.
Tests slower than 0.06 s are left out, and properties get 8 examples: both only lower the score.
A survivor is a mutant that no such test notices. If it can not be told from the original from
outside, the reason stands in tools/mutation/equivalents.py; a survivor without a reason, or a
reason without its survivor, fails the command.
"""


def told(results, spent, every):
    """Print and, unless every is 0, write the page. Return the exit status.

    every: 1 if all mutants of all files were tried, n if every n-th, 0 if some files were.
    """
    alive = [mutant for mutant, killer in results if not killer]
    keys = {mutant.key for mutant in alive}
    files = {mutant.file for mutant, _ in results}
    unknown = [mutant for mutant in alive if mutant.key not in EQUIVALENT]
    stale = [key for key in EQUIVALENT if every < 2 and key[0] in files and key not in keys]
    for mutant in unknown:
        print("no test notices: %s   %r" % (mutant, mutant.key))
    for key in stale:
        print("explained but killed, or gone: %r" % (key,))
    share = 100 * (len(results) - len(alive)) / max(len(results), 1)
    print("killed %d of %d, %.1f %%" % (len(results) - len(alive), len(results), share))
    print("%d survivors, %d without a reason" % (len(alive), len(unknown)))
    print("%d s, %d s of processor time" % spent)
    if every:
        PAGE.write_text(page(results, alive, every), encoding="utf-8")
    return 1 if unknown or stale or share < LEAST else 0


def page(results, alive, every):
    rows = [HEAD]
    if every > 1:
        rows.append("**This was a sample: every %dth mutant. A whole run is owed.**\n" % every)
    rows += ["| file | mutants | killed | survivors |", "|---|---|---|---|"]
    for file in sorted({mutant.file for mutant, _ in results}):
        count = len([mutant for mutant, _ in results if mutant.file == file])
        left = len([mutant for mutant in alive if mutant.file == file])
        rows.append("| %s | %d | %d | %d |" % (file, count, count - left, left))
    killed = len(results) - len(alive)
    rows.append(
        "| all | %d | %d (%.1f %%) | %d |"
        % (len(results), killed, 100 * killed / len(results), len(alive))
    )
    rows += ["", "| survivor | in | why nobody can tell |", "|---|---|---|"]
    for mutant in sorted(alive, key=lambda m: (m.file, m.line, m.kind)):
        why = EQUIVALENT.get(mutant.key, "**not explained**")
        text = mutant.key[2].replace("|", "\\|")
        rows.append(
            "| %s | `%s` | %s |"
            % (
                "%s %s, %s" % (mutant.file, mutant.function, mutant.key[3].replace("|", "\\|")),
                text,
                why,
            )
        )
    return "\n".join(rows) + "\n"
