"""The score, docs/mutation.md, and whether every survivor is explained and every reason needed."""

from pathlib import Path

from mutation.equivalents import EQUIVALENT
from mutation.trial import ENDLESS, IMPORT

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutation.md"
LEAST = 95.0
HEAD = """# Mutation

Written by `make mutation`, which breaks firmware/state/ in one place at a time and runs the core's
tests (tests/host/state) on it, until one fails. A mutant that no test notices is a survivor.

**%s**

## How it was measured

* Broken is, one at a time: every comparison (`<` to `<=`, `==` to `!=`, and back), every `and`,
  `or`, `not`, `+ - * //`, `min` and `max`; every integer, by 1 up and by 1 down; every `if`, to
  always and to never; every assignment and call of a function, by leaving it out. Nothing else.
* Left alone is text: names, docstrings, the words for people (fault_texts.py has no mutant).
* A mutant meets the tests that run its statement, or all of them if it is outside of functions
  (a constant, a table, a default). Each mutant has a process of its own, in which the core and its
  tests are imported anew. An endless loop is ended after 1 s and ten times the test's own time.
* Tests that take more than %.2f s of processor time are left out, and properties get 8 examples:
  both can only lower the score.
* A survivor that nobody can tell from the original stands in tools/mutation/equivalents.py with
  its reason. A survivor without a reason fails the command, and so does a reason whose mutant was
  killed or is gone. The score counts explained survivors as not killed.
"""


def told(results, cost, every):
    """Print and, unless every is 0, write the page. Return the exit status.

    every: 1 if all mutants of all files were tried, n if every n-th, 0 if some files were.
    cost: seconds, seconds of processor time, longest test in seconds.
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
    score = "Killed %d of %d mutants, %.1f %%. %d survivors, %d of them without a reason." % (
        len(results) - len(alive),
        len(results),
        share,
        len(alive),
        len(unknown),
    )
    killers = [killer for _, killer in results]
    took = "%d did not import, %d did not end. It took %d s, %d s of processor time." % (
        killers.count(IMPORT),
        killers.count(ENDLESS),
        *cost[:2],
    )
    print(score)
    print(took)
    if every:
        sample = " This was a sample: every %dth mutant." % every if every > 1 else ""
        head = HEAD % ("%s %s%s" % (score, took, sample), cost[2])
        PAGE.write_text("\n".join([head, *table(results), *survivors(alive)]) + "\n", "utf-8")
    return 1 if unknown or stale or share < LEAST else 0


def table(results):
    yield "## By file\n"
    yield "| file | mutants | killed | explained | not explained |"
    yield "|---|---|---|---|---|"
    for file in sorted({mutant.file for mutant, _ in results}):
        yield row(file, [result for result in results if result[0].file == file])
    yield row("all", results) + "\n"


def row(name, results):
    alive = [mutant for mutant, killer in results if not killer]
    explained = len([mutant for mutant in alive if mutant.key in EQUIVALENT])
    killed = len(results) - len(alive)
    return "| %s | %d | %d | %d | %d |" % (
        name,
        len(results),
        killed,
        explained,
        len(alive) - explained,
    )


def survivors(alive):
    yield "## Survivors\n"
    yield "| where | line | change | why nobody can tell |"
    yield "|---|---|---|---|"
    for mutant in sorted(alive, key=lambda m: (m.file, m.line, m.kind)):
        file, function, text, change = (part.replace("|", "\\|") for part in mutant.key)
        why = EQUIVALENT.get(mutant.key, "**not explained**")
        yield "| %s %s | `%s` | %s | %s |" % (file, function, text, change, why)
