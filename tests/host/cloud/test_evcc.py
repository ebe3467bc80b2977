"""docs/evcc.md's custom charger, used as evcc uses it, on the real firmware behind a Mosquitto."""

import pytest
import yaml
from evcc import Charger, Getter, formatted, seconds
from steered_box import SAFE_A, SPEED, SteeredBox, Wire, await_true, block

from box import mosquitto
from box.brokers import free_port

LISTENER = "listener %d 127.0.0.1\nallow_anonymous true\n"
pytestmark = pytest.mark.skipif(mosquitto.binary() is None, reason="apt install mosquitto")


def documented():
    return yaml.safe_load(block("evcc.md", "chargers:"))["chargers"][0]


def has(getter, wanted):
    """Return a question: whether evcc reads this by now."""

    def asked():
        try:
            return getter() == wanted
        except LookupError:
            return False

    return asked


@pytest.fixture
def port(tmp_path):
    port = free_port()
    with mosquitto.Mosquitto(tmp_path, LISTENER % port):
        yield port


def test_a_charge_as_evcc_sees_and_steers_it(port, tmp_path):
    with Wire(port) as wire, SteeredBox(tmp_path, port) as box:
        charger = Charger(documented(), wire, SPEED)
        await_true(has(charger.status, "A"), what="never A")
        await_true(has(charger.currents_a, [0, 0, 0]), what="no currents")
        assert charger.enabled() is True and charger.power_w() == 0
        charger.max_current(16)
        box.plug_in("20/12/0")
        await_true(has(charger.status, "B"), what="never B")
        box.row("ev.cp_ohm", 882)
        await_true(has(charger.status, "C"), what="never C")
        assert box.seen()["closed"]
        await_true(lambda: 6_250 < charger.power_w() < 6_650, what="no power for 16 A")
        await_true(
            has(charger.currents_a, pytest.approx([16, 12, 0], abs=0.5)), what="no 16, 12, 0 A"
        )
        steer(charger, box)
        count(charger, box)
        charger.die()
        await_true(lambda: box.seen()["duty_permille"] == SAFE_A * 1_000 // 60, what="no fallback")


def steer(charger, box):
    charger.max_current(10)
    await_true(lambda: box.seen()["duty_permille"] == 166, what="10 A never came")
    await_true(lambda: 4_450 < charger.power_w() < 4_750, what="no power for 10 A")
    charger.enable(False)
    await_true(has(charger.enabled, False), what="never disabled")
    box.row("ev.cp_ohm", 2740)  # the car stops, as it must without an offer
    await_true(has(charger.status, "B"), what="never B again")
    assert not box.seen()["closed"]
    charger.enable(True)
    await_true(has(charger.enabled, True), what="never enabled again")
    box.row("ev.cp_ohm", 882)
    await_true(has(charger.status, "C"), what="never C again")
    assert box.seen()["duty_permille"] == 166, "the setpoint is still evcc's"


def count(charger, box):
    """For longer than a limit lives: the watchdog keeps it up."""
    wanted_wh = box.seen()["true_wh"] + 4_600 * 130 / 3_600
    await_true(lambda: box.seen()["true_wh"] > wanted_wh, within_s=60)
    assert box.seen()["duty_permille"] == 166

    def is_true():
        true_wh = box.seen()["true_wh"]
        return charger.energy_kwh() * 1_000 == pytest.approx(true_wh, rel=0.03, abs=12)

    await_true(is_true, what="evcc counts otherwise")


def test_what_evcc_would_not_know_is_refused_here_too():
    for change in (
        {"status": {"source": "mqtt", "topic": "x", "jq": ".a"}},
        {"status": {"source": "http", "topic": "x"}},
        {"phases1p3p": {}},
    ):
        with pytest.raises(ValueError):
            Charger(documented() | change, Deaf())


def test_payloads_and_values_are_evccs():
    assert formatted("", "enable", True) == formatted("${enable}", "enable", True) == "true"
    assert formatted("${enable:%d}", "enable", False) == "0"
    assert formatted('{"a": ${maxcurrent:%d}}', "maxcurrent", 16) == '{"a": 16}'
    with pytest.raises(ValueError):
        formatted("${current}", "maxcurrent", 16)
    assert (seconds("1m30s"), seconds("60s")) == (90, 60)
    getter = Getter({"source": "mqtt", "topic": "x", "scale": 0.001}, Deaf(), 1)
    with pytest.raises(LookupError):
        getter.text()
    getter._hear("1500", "x")
    getter._hear("", "x")
    assert getter.number() == 1.5


@pytest.mark.parametrize(
    "told, seen", [("A", "A"), ("B", "B"), ("C", "C"), ("E", None), ("F", None)]
)
def test_what_evcc_makes_of_a_status(told, seen):
    charger = Charger(documented(), Deaf())
    charger._status._hear(told, "x")
    if seen:
        assert charger.status() == seen
    else:
        with pytest.raises(ValueError, match="invalid status"):
            charger.status()


class Deaf:
    def listen(self, topic, hear):
        pass
