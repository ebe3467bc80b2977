"""Every test that docs/hardening.md names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    line for line in (ROOT / "docs/hardening.md").read_text().splitlines() if line.startswith("| ")
]
NAMED = sorted({match for row in ROWS for match in re.findall(r"`(tests/[\w/.]+)::(\w+)`", row)})


def test_both_lists_are_there():
    text = (ROOT / "docs/hardening.md").read_text()
    assert "EN 18031-1" in text and "Schedule 1" in text and len(NAMED) > 15


@pytest.mark.parametrize("path,name", NAMED)
def test_a_test_that_is_named_is_there(path, name):
    assert "def %s(" % name in (ROOT / path).read_text()


def test_every_item_says_how_it_is_met_or_that_it_is_not():
    for row in ROWS:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 4 and cells[0] not in ("item", "---"):
            assert cells[2] in ("yes", "partly", "no"), row
            assert cells[3].startswith("`tests/") or cells[2] != "yes", row
