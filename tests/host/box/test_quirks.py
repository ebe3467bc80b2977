"""What drivers of known cars want, by the ids of the list of field reports: the currents.

Pilots are in test_quirks_pilot.py, starts and stops in test_quirks_stops.py. A test is named by
its id; its sentence says what the driver wants and who reported it.
"""

import json
import re
from pathlib import Path

import pytest

IDS = (
    *("zoe-pf", "zoe-min", "zoe-sleep", "zoe-vent", "zoe-emi", "zoe-rcd", "kona-c1"),
    *("kona-sleep", "bmw-glitch", "bmw-phev", "vw-wake", "id3-a", "polestar", "ioniq5"),
    *("buzz", "id3-phase", "enyaq", "porsche", "mache", "psa", "tesla-low", "tesla-idlec"),
    *("tesla-boot", "phantom", "egolf", "direct-d", "skoda-neg", "ix3-duty", "oc-grace"),
    *("noise-ab", "retained", "leaf-topup", "lexus-dip", "outlander-gap", "volvo-hunt"),
)
REPORTS = Path(__file__).resolve().parents[4] / "shared/data/ev-quirks.json"
FROM_MS = 10_000  # the contactor has closed by then
MINUTE_S = 60


def drawing(*spans):
    """Return (rows, end_ms, wh) of a car in C. spans: (seconds, amperes, power factor)."""
    rows, now_ms, wh = ["5000,ev.cp_ohm,2740", "7000,ev.cp_ohm,882"], FROM_MS, 0.0
    for seconds, amps, factor in spans:
        rows += ["%d,ev.current_a,%s" % (now_ms, amps)]
        rows += ["%d,ev.power_factor,%s" % (now_ms, factor)]
        now_ms += seconds * 1_000
        wh += 230 * amps * factor * seconds / 3_600
    return "\n".join(rows), now_ms, wh


def charges_through(play, *spans):
    """Play a car that never leaves C: closed once, no fault, and every watt-hour counted."""
    rows, end_ms, wh = drawing(*spans)
    played = play(rows, until_ms=end_ms)
    assert played.closings() == 1 and played.at("contactor.closed", end_ms) == "1"
    assert not played.faults()
    assert float(played.at("energy.wh", end_ms)) == pytest.approx(wh, rel=0.02)
    return played


def test_zoe_pf(play):
    """The bill is for real power, not for amperes times volts (evcc-io/evcc#187)."""
    rows = "5000,ev.model,zoe\n40000,limit.house,8\n80000,limit.house,7\n120000,limit.house,6"
    played = play(rows, until_ms=160_000)
    for t_ms, watts, tolerance in (
        (75_000, 5_200, 0.03),
        (115_000, 2_200, 0.03),
        (159_000, 300, 0.1),
    ):
        assert float(played.at("power.w", t_ms)) == pytest.approx(watts, rel=tolerance)
    assert float(played.at("current.a", 159_000)) == pytest.approx(6, rel=0.03)
    assert played.closings() == 1 and not played.faults()


def test_tesla_low(play):
    """5 A by the car's own setting is charging, below the pilot's 6 A (evcc-io/evcc#12427)."""
    played = play("5000,ev.model,model3_5a", until_ms=300_000)
    assert played.at("iec.state", 300_000) == "C2" and played.closings() == 1
    assert float(played.at("current.a", 300_000)) == pytest.approx(5, rel=0.03)
    assert float(played.at("energy.wh", 300_000)) == pytest.approx(3 * 5 * 230 * 268 / 3_600, 0.03)
    assert not played.faults()


def test_tesla_idlec(play):
    """A car in C that draws 3 W at first is left alone until it charges (evcc-io/evcc#13150)."""
    rows, _, _ = drawing((1, 0, 0.02))
    rows += "\n11000,ev.current_a,0.344/0.269/0.268\n310000,ev.power_factor,0.99"
    played = play(rows + "\n310000,ev.current_a,16/16/16", until_ms=330_000)
    assert float(played.at("energy.wh", 310_000)) < 1
    assert float(played.at("power.w", 330_000)) == pytest.approx(16 * 3 * 230 * 0.99, rel=0.03)
    assert played.closings() == 1 and not played.faults()


@pytest.mark.parametrize("amps", [(4.51, 1.9, 0.458), (15.6, 0.022, 0.009)])
def test_phantom(play, amps):
    """Uneven phases are measured as they are, and nobody concludes from them (evcc-io/evcc#2244).

    The box never counts phases, so it cannot count them wrongly: the offer stays.
    """
    rows, _, _ = drawing((1, 0, 1))
    played = play(rows + "\n11000,ev.current_a,%s/%s/%s" % amps, until_ms=60_000)
    assert float(played.at("current.a", 60_000)) == pytest.approx(amps[0], rel=0.03)
    assert float(played.at("power.w", 60_000)) == pytest.approx(230 * sum(amps), rel=0.03)
    assert played.at("offer.a", 60_000) == "32.0"
    assert played.closings() == 1 and not played.faults()


def test_leaf_topup(play):
    """After full it tops up three times, and finds voltage each time (EV-CPW, Nissan Leaf)."""
    cycle = ((270, 0.33, 0.02), (270, 5.0, 0.99))
    charges_through(play, (MINUTE_S, 16, 0.99), *cycle, *cycle, *cycle)


def test_lexus_dip(play):
    """Twenty seconds of standby are a breath, not the end of charging (EV-CPW, Lexus, Prius)."""
    dip = (18, 0.3, 0.5)
    minutes = ((300, 15, 0.99), dip, (342, 15, 0.99), dip, (282, 15, 0.99), dip)
    charges_through(play, *minutes, (MINUTE_S, 15, 0.99))


def test_outlander_gap(play):
    """Nine minutes at 1.18 A are waited for (EV-CPW, Mitsubishi Outlander)."""
    charges_through(play, (4 * MINUTE_S, 14.4, 0.99), (540, 1.18, 0.88), (120, 14.4, 0.99))


def hunting():
    """Return rows of 29 A with dips and peaks, and S2 open three times; and when it ends."""
    spans = []
    for dip_a in (1.5, 13, 6, 9):
        spans += [(10, 29, 0.99), (4, dip_a, 0.99), (10, 29, 0.99), (2, 40.98, 0.99)]
    rows, end_ms, _ = drawing(*spans, (4, 29, 0.99))
    lines = rows.split("\n")
    for span_s in (6, 9, 12):
        lines.append("%d,ev.cp_ohm,2740" % end_ms)
        lines.append("%d,ev.cp_ohm,882" % (end_ms + span_s * 1_000))
        end_ms += 40_000
    return "\n".join(lines), end_ms


def test_volvo_hunt(play):
    """A car that hunts and opens S2 itself gets voltage whenever it asks (EV-CPW, Volvo XC40)."""
    rows, end_ms = hunting()
    played = play(rows, until_ms=end_ms)
    assert played.closings() == 4 and not played.faults()
    rules = [event["rule"] for event in played.events if event["event"] == "contactor"]
    assert rules == ["4", "8.1"] * 3 + ["4"]
    assert float(played.at("current.a", end_ms)) > 28
    assert [value for _, value in played.values("session.id")] == ["", "1"]


def test_every_id_has_its_test():
    texts = [path.read_text() for path in sorted(Path(__file__).parent.glob("test_quirks*.py"))]
    tested = re.findall(r"^def test_(\w+)\(", "\n".join(texts), re.M)
    assert sorted(set(IDS)) == sorted(IDS)
    assert [name for name in IDS if name.replace("-", "_") not in tested] == []


def test_the_ids_are_those_of_the_reports():
    if not REPORTS.exists():
        pytest.skip("no list of field reports beside this project")
    assert tuple(row["id"] for row in json.loads(REPORTS.read_text())) == IDS
