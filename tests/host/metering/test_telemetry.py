"""What the telemetry says of power: the factor by phase, and whether the meter is believed."""

from types import SimpleNamespace

import pytest
from exchange import Snapshot

from cloud import topics


@pytest.fixture
def snapshot(monkeypatch):
    monkeypatch.setattr(topics, "gc", SimpleNamespace(mem_free=lambda: 0))
    return Snapshot()


@pytest.mark.parametrize(
    "mw, mv, ma, factor",
    [
        (3_680_000, 230_000, 16_000, 1.0),
        (3_311_000, 230_000, 16_000, 0.9),
        (-40_000, 230_000, 500, -0.35),
        (3_690_000, 230_000, 16_000, 1),
        (0, 230_000, 0, None),
        (0, 0, 16_000, None),
    ],
)
def test_the_factor_is_true_power_over_apparent(snapshot, mw, mv, ma, factor):
    snapshot.phase_mw[1], snapshot.voltage_mv[1], snapshot.current_ma[1] = mw, mv, ma
    assert topics.telemetry(snapshot)["power_factor"] == [None, factor, None]


def test_a_meter_that_is_not_believed_is_told(snapshot):
    assert topics.telemetry(snapshot)["meter_valid"] is False
    snapshot.meter_valid = 1
    assert topics.telemetry(snapshot)["meter_valid"] is True
