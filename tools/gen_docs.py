"""Write docs/tables.md and the MQTT contract from the firmware's tables: gen_docs.py [--check].

With --check nothing is written; a difference is one line and status 1, so that docs cannot drift.
"""

import sys
from pathlib import Path

import mqtt_contract
import mqtt_page
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "tools/sim/cpython")]
from cloud.commands import COMMANDS  # noqa: E402
from state import charging, duty, fault_texts, faults  # noqa: E402
from storage.config import FIELDS, SECRETS  # noqa: E402
from storage.config_texts import TEXTS  # noqa: E402

DOCS = ROOT / "docs"
SECRET = " (secret)"
OWN_TIMES = "Three checks count for themselves first: %s." % ", ".join(
    "`%s` %d ms%s" % row
    for row in (
        ("pilot_undecided", faults.UNDECIDED_MS, ""),
        ("cable_lost", faults.CABLE_MS, ""),
        ("welded", faults.WELD_MS, " where there is no mirror contact"),
    )
)
DRIVES = {duty.STEADY: "+12 V", duty.PWM: "PWM", duty.NEGATIVE: "-12 V"}
NAMES = "A1 A2 B1 B2 C1 C2 D1 D2 C2_CLOSED C1_CLOSED E F WAKE REST".split()
STATES = sorted((getattr(charging, name), name) for name in NAMES)


def table(head, rows):
    lines = ["| %s |" % " | ".join(head), "|%s" % ("---|" * len(head))]
    lines += ["| %s |" % " | ".join(str(cell) for cell in row) for row in rows]
    return "\n".join(lines)


def states():
    return table(
        ("state", "IEC name", "pilot", "contactor"),
        [
            (
                name,
                charging.NAMES[value],
                DRIVES[charging.DRIVE[value]],
                "closed" if charging.CLOSE[value] else "open",
            )
            for value, name in STATES
        ],
    )


def transitions():
    names = dict(STATES)
    return table(
        ("from", "condition", "to", "sequence"),
        [
            (names[state], condition.__name__, names[following], sequence)
            for state, condition, following, sequence in charging.rows()
        ],
    )


def fault_rows():
    head = ("code", "cause", "may last, ms", "acts", "ends", "wait, s", "tries", "what to do")
    return table(head, [fault_row(row) for row in faults.FAULTS])


def fault_row(row):
    code, _, lasts, action, (ends, wait_ms, most) = row
    cause, advice = fault_texts.TEXTS[code]
    tries = "any" if most == faults.ENDLESS else most if ends == faults.GONE else "none"
    acts = fault_texts.ACTIONS[action]
    return code, cause, lasts, acts, fault_texts.CLEARS[ends], wait_ms // 1_000, tries, advice


def bounds(default, lowest, highest):
    """Return the two cells of what a field may be; a text is bounded by its letters."""
    letters = " letters" if type(default) is str else ""
    return lowest, "%s%s" % (highest, letters)


def config():
    return table(
        ("name", "default", "from", "to", "what"),
        [
            (
                name,
                "%r%s" % (rule[0], SECRET if name in SECRETS else ""),
                *bounds(*rule),
                TEXTS[name],
            )
            for name, rule in FIELDS.items()
        ],
    )


def commands():
    rows = [(name, *mqtt_contract.words(name)) for name in sorted(COMMANDS)]
    return table(("command", "for", "takes"), rows)


def text():
    parts = (
        ("The firmware's tables", "Written by `make docs` from the code; do not edit."),
        ("States", states()),
        (
            "Transitions",
            "The first row of a state whose condition holds is taken.\n\n" + transitions(),
        ),
        ("Faults", fault_rows() + "\n\n" + OWN_TIMES),
        ("Config", config()),
        ("Commands", commands()),
    )
    titles = ["%s %s\n\n%s\n" % ("#" if k == 0 else "##", *part) for k, part in enumerate(parts)]
    return "\n".join(titles)


class Plain(yaml.SafeDumper):
    """Writes out what is shared, instead of anchors that a person must look up."""

    def ignore_aliases(self, data):
        return True


def contract():
    return yaml.dump(mqtt_contract.document(), Dumper=Plain, sort_keys=False, allow_unicode=True)


def targets():
    """Return {path: text} of every file written here."""
    return {
        DOCS / "tables.md": text(),
        DOCS / "mqtt.asyncapi.yaml": contract(),
        DOCS / "mqtt.md": mqtt_page.text(),
    }


if __name__ == "__main__":
    for path, wanted in targets().items():
        if sys.argv[1:] != ["--check"]:
            path.write_text(wanted, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
            sys.exit("gen_docs: docs/%s differs from the code: make docs" % path.name)
