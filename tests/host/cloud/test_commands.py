"""Commands: what they do, and that anything wrong changes nothing and is told in a sentence."""

import json

import pytest
from asked import ask as answer
from exchange import Requests

from cloud.commands import COMMANDS
from cloud.outbox import Outbox
from cloud.topics import DESCRIBE, describe
from state import events
from state.records import NO_LIMIT


def ask(requests, name, payload, retained=False):
    return json.loads(answer(requests, name, payload, retained))


@pytest.mark.parametrize(
    "name, payload, field, value",
    [
        ("enable", b"false", "enabled", 0),
        ("enable", b'{"id": "x", "value": false}', "enabled", 0),
        ("limit", b"10", "remote_da", 100),
        ("limit", b"6.5", "remote_da", 65),
        ("limit", b"0", "remote_da", 0),
        ("limit", b'{"a": 16, "lifetime_s": 5}', "remote_lifetime_ms", 5_000),
        ("limit", b'{"id": 7, "a": 16}', "remote_da", 160),
        ("limit", b'{"id": 7, "value": {"a": 16}}', "remote_da", 160),
        ("limit", b"null", "remote_serial", 1),
        ("reset_faults", b"", "reset_serial", 1),
    ],
)
def test_a_good_command_is_done(name, payload, field, value):
    requests = Requests()
    reply = ask(requests, name, payload)
    assert reply["ok"] and reply["reason"] == ""
    assert getattr(requests, field) == value


@pytest.mark.parametrize(
    "name, payload, said",
    [
        ("enable", b"1x", "enable: the payload is not JSON"),
        ("enable", b'"yes"', "enable: 'yes' is not true or false"),
        ("enable", b"", "enable: None is not true or false"),
        ("limit", b"5.9", "limit.a: 5.9 is not from 6 to 80"),
        ("limit", b"81", "limit.a: 81 is not from 6 to 80"),
        ("limit", b"-1", "limit.a: -1"),
        ("limit", b'"10"', "limit.a: '10' is not a number"),
        ("limit", b"true", "limit.a: True is not a number"),
        ("limit", b"false", "limit.a: False is not a number"),
        ("limit", b"NaN", "limit.a"),
        ("limit", b"[]", "limit.a: [] is not a number"),
        ("limit", b'{"lifetime_s": 5}', "limit.a: missing"),
        ("limit", b'{"a": 10, "lifetime_s": 0}', "limit.lifetime_s: 0 is not from 1 to 86400"),
        ("limit", b'{"a": 10, "lifetime_s": 86401}', "limit.lifetime_s"),
        ("limit", b'{"a": 10, "lifetime": 5}', "limit.lifetime: unknown"),
        ("limit", b"\xff\xfe", "limit: the payload is not JSON"),
        ("explode", b"1", "explode: unknown, known: authorize, blackbox/read, config/get"),
    ],
)
def test_a_bad_command_changes_nothing_and_says_why(name, payload, said):
    requests, untouched = Requests(), Requests()
    reply = ask(requests, name, payload)
    assert not reply["ok"] and said in reply["reason"]
    assert vars(requests) == vars(untouched)


@pytest.mark.parametrize("name", COMMANDS)
def test_an_old_command_kept_by_the_broker_is_refused(name):
    requests, untouched = Requests(), Requests()
    reply = ask(requests, name, b"false", retained=True)
    assert not reply["ok"] and "retained" in reply["reason"]
    assert vars(requests) == vars(untouched)


def test_the_reply_carries_the_id():
    assert ask(Requests(), "enable", b'{"id": "abc", "value": 5}')["id"] == "abc"


def test_null_takes_the_limit_away():
    requests = Requests()
    ask(requests, "limit", b"10")
    ask(requests, "limit", b"null")
    assert (requests.remote_da, requests.remote_serial) == (NO_LIMIT, 2)


def test_local_limits_have_places_and_say_when_none_is_left():
    requests = Requests(local_limits=2)
    requests.limit_locally("house", 100)
    requests.limit_locally("sun", 60)
    with pytest.raises(ValueError, match="limit grid: no place left"):
        requests.limit_locally("grid", 60)
    assert requests.local_da == [100, 60]
    requests.limit_locally("house", NO_LIMIT)
    requests.limit_locally("sun", 70)
    requests.limit_locally("grid", 80)
    assert (requests.local_names, requests.local_da) == (["grid", "sun"], [80, 70])


def test_the_outbox_keeps_order_and_counts_what_it_drops():
    outbox = Outbox(capacity=3)
    for k in range(5):
        outbox.append("event", b"%d" % k)
    assert (len(outbox), outbox.dropped) == (3, 2)
    sending = outbox.peek()
    outbox.append("event", b"5")  # makes room by dropping the one under way
    outbox.done(sending)
    assert [outbox.peek()[1], len(outbox)] == [b"3", 3]


@pytest.mark.parametrize("code", range(len(events.NAMES)))
def test_every_event_can_be_told(code):
    event = events.Event()
    event.code = code
    told = describe(event, Requests())
    assert told["event"] == events.NAMES[code]
    json.dumps(told)


def test_every_code_has_its_description():
    assert len(DESCRIBE) == len(events.NAMES)


def test_a_ring_that_is_not_read_loses_the_oldest_and_counts_them():
    ring = events.Events()
    for k in range(events.RING + 3):
        ring.emit(events.OFFER, k)
    ring.stamp(5)
    first = ring.next()
    assert (first.a, ring.lost) == (3, 3)


class Frozen:
    """A black box of three lines."""

    def lines(self):
        yield from ({"format": 1}, [0, 9], [0, 9, 1, 6_000])


def test_the_black_box_is_read_line_by_line():
    requests = Requests()
    requests.blackbox = Frozen()
    for part, line in enumerate(Frozen().lines()):
        reply = json.loads(answer(requests, "blackbox/read", b"%d" % part))
        assert reply["value"] == {"part": part, "parts": 3, "line": line}
    for wrong in (b"3", b"-1", b'"x"', b"true", b"1.5"):
        reply = json.loads(answer(requests, "blackbox/read", wrong))
        assert not reply["ok"] and "blackbox/read" in reply["reason"]
