"""Every row of the standard's tables that this box can play, within its limit."""

import pytest

from conformity import rows_peers, rows_proximity, rows_timing, rows_voltage

PARTS = (rows_timing, rows_voltage, rows_proximity, rows_peers)
ROWS = {row.key: row for part in PARTS for row in part.ROWS}
SEQUENCES = "1.1 1.2 2.1 2.2 3.1 3.2 4 5 7 8.1 8.2 9.1 9.2 9.3 10.1 10.2 11".split()


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if row.play])
def test_it_is_within_its_limit(key):
    figures = ROWS[key].play(2)
    assert figures
    assert ROWS[key].margin(ROWS[key].worst(figures)) >= 0, figures


def test_every_sequence_and_every_scenario_has_its_row():
    count = sum(len(part.ROWS) for part in PARTS)
    assert count == len(ROWS)
    assert set(SEQUENCES) <= set(ROWS) and {"6 changes", "12 E"} <= set(ROWS)
    numbers = {row.key.split()[1].rstrip("ab") for row in rows_peers.ROWS}
    assert numbers == {str(n) for n in range(1, 38)}


def test_what_is_not_played_says_why():
    assert all(row.reason for row in ROWS.values() if not row.play)
