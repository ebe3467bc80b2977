"""Scenarios on the real firmware under MicroPython, in simulated time."""

import json

import played
import pytest


@pytest.fixture
def play():
    """play(text, until_ms=..., seed=..., config=...) -> played.Played."""
    return played.play


def table(rows):
    """Return rows [(t_ms, signal, value), ...] as the text of a scenario file."""
    lines = []
    for t_ms, signal, value in rows:
        quoted = json.dumps(value) if isinstance(value, dict) else value
        lines.append("%s,%s,%s" % (t_ms, signal, quoted))
    return "\n".join(lines)
