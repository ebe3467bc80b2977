"""Plain values: what each says, when it is told, and that one does not chatter."""

import pytest
from asked import Asked, clock_ms

from cloud.plain import MEASURES, PASS_MS, PLAIN, SIGNAL, Plain
from state.faults import CODES
from state.offer import DISABLED
from state.pilot import LETTERS

NAMES = [row[0] for row in PLAIN]
BASE = "wallbox/box/plain/"


class Told:
    """A box and what its plain topics said."""

    def __init__(self, dbm=None, telemetry_s=10):
        self.asked = Asked(telemetry_s=telemetry_s)
        self.snapshot, self.requests = self.asked.snapshot, self.asked.requests
        self.dbm = dbm
        self.plain = Plain(self.asked.config, self.snapshot, self.requests, lambda: self.dbm)

    def hear(self, span_ms=0):
        """Return {name: text} of what is told within span_ms."""
        heard = {}
        end_ms = clock_ms[0] + span_ms
        while True:
            word = self.plain.poll(clock_ms[0])
            if word:
                topic, text, retained = word
                assert retained and topic.startswith(BASE)
                assert topic not in heard or span_ms, "told twice in one pass"
                heard[topic[len(BASE) :]] = text
            elif clock_ms[0] >= end_ms:
                return heard
            else:
                clock_ms[0] += min(50, end_ms - clock_ms[0])


def letter(snapshot, name):
    snapshot.letter = LETTERS.index(name)


def test_all_is_told_at_first_and_then_nothing():
    told = Told()
    assert sorted(told.hear()) == sorted(NAMES)
    assert told.hear(60_000) == {}
    told.plain.forget()
    assert sorted(told.hear()) == sorted(NAMES)


@pytest.mark.parametrize(
    "shown, closed, said",
    [
        ("A", 0, "A"),
        ("B", 0, "B"),
        ("C", 0, "B"),
        ("C", 1, "C"),
        ("D", 0, "B"),
        ("D", 1, "C"),
        ("B", 1, "C"),
        ("E", 0, "E"),
        ("F", 0, "F"),
    ],
)
def test_the_status_is_what_evcc_means_by_it(shown, closed, said):
    told = Told()
    letter(told.snapshot, shown)
    told.snapshot.contactor_closed = closed
    assert told.hear()["status"] == said


@pytest.mark.parametrize(
    "field, value, name, text",
    [
        ("power_w", 11_000, "power", "11000"),
        ("offer_da", 105, "offered_current", "10.5"),
        ("current_ma", [16_040, 5_960, 0], "current_1", "16.0"),
        ("current_ma", [0, 5_960, 0], "current_2", "6.0"),
        ("current_ma", [16_040, 5_960, 0], "currents", "[16.0,6.0,0.0]"),
        ("current_ma", [16_040, 5_960, 999], "phases_in_use", "2"),
        ("current_ma", [16_040, 5_960, 1_000], "phases_in_use", "3"),
        ("voltage_mv", [0, 0, 231_400], "voltage_3", "231"),
        ("total_wh", [1_000, 500, 4], "energy", "1.50"),
        ("total_wh", [1_000, 500, 4], "imported", "1504"),
        ("session_ws", [3_600_000, 36_000, 0], "session_energy", "1.01"),
        ("temperature_dc", -105, "temperature", "-10.5"),
        ("session_number", 3, "plugged", "true"),
        ("contactor_closed", 1, "charging", "true"),
        ("contactor_closed", 1, "state", "charging"),
        ("session_number", 3, "state", "connected"),
        ("faults", 1 << CODES.index("hot"), "state", "faulty"),
        ("faults", 1 << CODES.index("hot") | 1, "faults", "pilot_short+hot"),
    ],
)
def test_what_a_value_says(field, value, name, text):
    told = Told()
    first = told.hear()
    setattr(told.snapshot, field, value)
    assert told.hear(1_000)[name] == text != first[name]


def test_the_owners_switch_and_the_reason():
    told = Told()
    assert told.hear()["enabled"] == "true"
    told.asked.ask("enable", False)
    told.snapshot.offer_slot = DISABLED
    assert told.hear(PASS_MS) == {"enabled": "false", "reason": "disabled"}


def test_a_state_is_told_within_half_a_second():
    told = Told()
    told.hear()
    told.hear(10_000)
    told.snapshot.contactor_closed = 1
    assert told.hear(PASS_MS) == {"charging": "true", "state": "charging"}


def test_a_measured_value_waits_for_its_turn():
    told = Told(telemetry_s=100)
    told.hear()
    told.snapshot.power_w = 5_000
    assert told.hear(100_000 // MEASURES - 50) == {}
    assert told.hear(PASS_MS) == {"power": "5000"}


@pytest.mark.parametrize(
    "field, before, small, large, name",
    [
        ("power_w", 3_000, 3_019, 3_020, "power"),
        ("power_w", 3_000, 2_981, 2_980, "power"),
        ("current_ma", [16_000] * 3, [16_140] * 3, [16_200] * 3, "current_2"),
        ("voltage_mv", [230_000] * 3, [231_900] * 3, [232_000] * 3, "voltage_1"),
        ("temperature_dc", 300, 309, 310, "temperature"),
        ("current_ma", [16_000] * 3, [16_140] * 3, [16_000, 16_000, 16_200], "currents"),
        ("total_wh", [100, 0, 0], [109, 0, 0], [110, 0, 0], "energy"),
        ("total_wh", [100, 0, 0], [109, 0, 0], [110, 0, 0], "imported"),
    ],
)
def test_what_is_not_worth_telling_is_not_told(field, before, small, large, name):
    told = Told()
    setattr(told.snapshot, field, before)
    told.hear()
    setattr(told.snapshot, field, small)
    assert told.hear(5_000) == {}
    setattr(told.snapshot, field, large)
    assert name in told.hear(5_000)


def test_small_steps_add_up_and_zero_is_always_told():
    told = Told()
    told.snapshot.power_w = 100
    told.hear()
    for watts in (110, 119, 121):
        told.snapshot.power_w = watts
        heard = told.hear(1_000)
    assert heard == {"power": "121"}
    told.snapshot.power_w = 15
    told.hear(1_000)
    told.snapshot.power_w = 0
    assert told.hear(1_000) == {"power": "0"}


def test_the_signal_is_told_where_there_is_a_radio():
    told = Told(dbm=-60)
    assert told.hear()[SIGNAL] == "-60"
    told.dbm = -63
    assert told.hear(5_000) == {}
    told.dbm = -64
    assert told.hear(5_000) == {SIGNAL: "-64"}
    told.dbm = None
    assert told.hear(5_000) == {}
