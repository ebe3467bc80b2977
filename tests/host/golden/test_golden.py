"""Whole sessions go as they were recorded, to the millisecond: `make golden` records them anew."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
import golden  # noqa: E402

NAMES = sorted(path.stem for path in golden.PLACE.glob("*.csv"))
BEFORE = [
    (0, "iec.state", "A1"),
    (0, "contactor.command", "0"),
    (5000, "iec.state", "B2"),
    (7000, "iec.state", "C2"),
    (7516, "contactor.command", "1"),
    (9000, "offer.a", "16.0"),
    (20000, "contactor.command", "0"),
    (20000, "iec.state", "B2"),
    (21000, "energy.wh", "44"),
    (21000, "events", "offer contactor contactor"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_session_goes_as_it_was_recorded(name):
    path = golden.PLACE / (name + ".csv")
    expected = golden.read(path.with_suffix(".exp"))
    assert expected, "%s was never recorded: make golden T=%s" % (name, name)
    changed = golden.differences(expected, golden.play(path))
    assert not changed, "\n".join([name + " goes otherwise (make golden T=%s)" % name, *changed])


def test_at_least_a_dozen_sessions_are_kept():
    assert len(NAMES) >= 12


CHANGES = {
    "a moment": ((6, 20014), ["C2 opens 14 ms later, at 20.014 s"]),
    "a moment before": ((4, 7500), ["C2 closes 16 ms earlier, at 7.500 s"]),
    "a value": (
        (5, (9000, "offer.a", "13.0")),
        ["gone: offer.a becomes 16.0 at 9.000 s", "new: offer.a becomes 13.0 at 9.000 s"],
    ),
    "a change that is missing": ((6, None), ["gone: C2 opens at 20.000 s"]),
    "energy": ((8, (21000, "energy.wh", "47")), ["energy ends at 47 Wh, was 44 Wh"]),
    "an event": ((9, (21000, "events", "offer contactor")), ["gone: event contactor"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_in_words(name):
    (row, change), expected = CHANGES[name]
    now = list(BEFORE)
    if change is None:
        del now[row]
    else:
        now[row] = (change, *now[row][1:]) if isinstance(change, int) else change
    assert golden.differences(BEFORE, now) == expected


def test_what_is_new_is_told_too():
    now = [*BEFORE[:6], (9500, "fault", "diode_lost"), *BEFORE[6:]]
    assert golden.differences(BEFORE, now) == ["new: fault becomes diode_lost at 9.500 s"]
    assert golden.differences(BEFORE, list(BEFORE)) == []


def test_a_trace_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "x.exp"
    rows = [(0, "fault", ""), (5, "offer.reason", "house"), (9, "events", "offer contactor")]
    path.write_text(golden.written(rows))
    assert golden.read(path) == rows
    assert golden.read(tmp_path / "none.exp") == []
