"""The envelope of a command: id, expiry, rate, memory."""

import json

import pytest
from asked import Asked

from cloud.answers import AT_ONCE, EACH_MS, LONGEST_ID, REMEMBERED
from cloud.commands import COMMANDS, READINGS

NOW_S = 1_800_000_000


def test_the_same_id_acts_once_and_gets_the_same_reply():
    asked = Asked()
    first = asked.send("limit", {"id": "a", "value": 10})
    again = asked.send("limit", {"id": "a", "value": 16})
    assert first == again and len(first) == 1 and first[0]["ok"]
    assert (asked.requests.remote_da, asked.requests.remote_serial) == (100, 1)


def test_a_refusal_is_repeated_too():
    asked = Asked()
    first = asked.ask("limit", {"id": 1, "value": 5})
    assert asked.ask("limit", {"id": 1, "value": 10}) == first and not first["ok"]
    assert asked.requests.remote_serial == 0


def test_an_id_of_another_command_is_refused():
    asked = Asked()
    asked.ask("enable", {"id": "a", "value": False})
    reply = asked.ask("limit", {"id": "a", "value": 10})
    assert (reply["ok"], reply["id"], reply["reason"]) == (
        False,
        "a",
        "limit: this id was enable's",
    )
    assert asked.requests.remote_serial == 0


def test_commands_without_an_id_act_every_time():
    asked = Asked()
    for payload in (10, {"a": 10}, {"id": None, "value": 10}):
        assert asked.ask("limit", payload)["id"] is None
    assert asked.requests.remote_serial == 3


def test_the_memory_of_ids_is_bounded_and_the_oldest_goes():
    asked = Asked()
    for k in range(REMEMBERED + 1):
        asked.poll(EACH_MS)
        asked.ask("limit", {"id": k, "value": 10})
    assert len(asked.answers._known) == REMEMBERED
    asked.ask("limit", {"id": 1, "value": 10})
    assert asked.requests.remote_serial == REMEMBERED + 1
    asked.ask("limit", {"id": 0, "value": 10})
    assert asked.requests.remote_serial == REMEMBERED + 2


@pytest.mark.parametrize("name", READINGS)
def test_readings_take_no_place_in_the_memory(name):
    asked = Asked()
    asked.ask(name, {"id": "r", "value": None})
    assert asked.answers._known == []


def test_a_reading_is_answered_afresh():
    asked = Asked()
    for seconds in (20, 30):
        asked.ask("config/set", {"telemetry_s": seconds})
        reply = asked.ask("config/get", {"id": "r", "value": "telemetry_s"})
        assert reply["value"] == {"telemetry_s": seconds} and reply["id"] == "r"


@pytest.mark.parametrize("identity", [[1], {"a": 1}, True, 1.0, "x" * (LONGEST_ID + 1)])
def test_an_id_is_a_short_text_or_a_whole_number(identity):
    asked = Asked()
    assert "limit.id: " in asked.refused("limit", {"id": identity, "value": 10})
    assert asked.requests.remote_serial == 0
    assert asked.ask("limit", {"id": "x" * LONGEST_ID, "value": 10})["ok"]


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_happens_twice_or_late(name):
    asked = Asked()
    asked.clock.set(NOW_S)
    before = dict(vars(asked.requests))
    said = asked.refused(name, {"expires_s": NOW_S - 1, "value": "x"})
    assert said == "%s: expired at %d, now it is %d" % (name, NOW_S - 1, NOW_S)
    assert vars(asked.requests) == before


def test_the_last_second_still_counts():
    asked = Asked()
    asked.clock.set(NOW_S)
    assert asked.ask("limit", {"expires_s": NOW_S, "value": 10})["ok"]
    assert asked.ask("limit", {"expires_s": NOW_S + 1, "a": 12})["ok"]
    assert asked.requests.remote_da == 120


def test_a_command_that_expires_is_refused_while_the_time_is_unknown():
    asked = Asked()
    said = asked.refused("limit", {"expires_s": NOW_S, "value": 10})
    assert said == "limit: expires, and the box does not know the time"
    assert asked.ask("limit", 10)["ok"]


@pytest.mark.parametrize("when", ["soon", True, [], {}, NOW_S + 60.5, NOW_S + 60.0])
def test_an_expiry_is_a_whole_number(when):
    asked = Asked()
    asked.clock.set(NOW_S)
    assert "limit.expires_s: " in asked.refused("limit", {"expires_s": when, "value": 10})


def test_ids_that_are_one_number_in_32_bits_are_refused_and_not_taken_for_a_repetition():
    asked = Asked()
    for identity, amperes in ((1796005770.11, 16), (1796005775.52, 6)):
        said = asked.refused("limit", {"id": identity, "a": amperes})
        assert said.startswith("limit.id: 17960057") and said.endswith(
            " is not a text or a whole number"
        )
    assert asked.requests.remote_serial == 0


def test_an_expired_repetition_gets_the_reply_of_the_first():
    asked = Asked()
    asked.clock.set(NOW_S)
    first = asked.ask("limit", {"id": 1, "expires_s": NOW_S + 1, "value": 10})
    asked.poll(5_000)
    assert asked.ask("limit", {"id": 1, "expires_s": NOW_S + 1, "value": 10}) == first


def test_too_many_at_once_are_refused_once_and_then_dropped():
    asked = Asked()
    for _ in range(AT_ONCE):
        assert asked.ask("limit", 10)["ok"]
    reply = asked.ask("limit", {"id": "late", "value": 11})
    assert reply["reason"] == "limit: too many commands" and not reply["ok"]
    assert asked.send("limit", 12) == [] and asked.send("enable", False) == []
    assert (asked.requests.remote_da, asked.requests.enabled) == (100, 1)
    asked.poll(EACH_MS - 1)
    assert asked.send("limit", 12) == []
    asked.poll(1)
    assert asked.ask("limit", {"id": "late", "value": 11})["ok"], "its id was not used up"
    assert asked.ask("limit", 12)["reason"] == "limit: too many commands"


def test_room_for_commands_grows_no_further_than_at_first():
    asked = Asked()
    asked.ask("limit", 10)
    asked.poll(EACH_MS * AT_ONCE * 3, EACH_MS)
    for _ in range(AT_ONCE):
        assert asked.ask("limit", 10)["ok"]
    assert not asked.ask("limit", 10)["ok"]


def test_every_reply_is_short_json_whatever_the_name():
    asked = Asked()
    asked.answers.hear("x" * 4_000, b"1", False)
    for _ in range(AT_ONCE):
        asked.answers.hear("y" * 4_000, b"1", False)
    lengths = [len(text) for text in asked.answers.waiting]
    assert max(lengths) < 600, lengths
    assert not json.loads(asked.answers.waiting[0])["ok"]
