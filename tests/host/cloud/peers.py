"""MicroPython side of test_link.py: the real link against peers that behave badly.

micropython peers.py CASE. Each case is a function; it raises, or says what it measured.
"""

import random
import socket
import sys

import world as worlds
from broker import Broker, Peer
from exchange import Requests
from rig import answers, reporter
from world import World

from cloud.link import Link
from state.events import OFFER, Events
from storage.config import Config

EXCHANGE_MS = 5_000
TURN_MS = 50


class Rig:
    """A link, a broker, a clock. broker: an instance; turn(): one poll and its pause."""

    def __init__(self, broker):
        random.seed(1)
        self.world = worlds.current = World()
        self.broker = socket.broker = broker
        self.told = []
        broker.on_message = lambda *message: self.told.append(message)
        config = Config()
        config.set("broker_host", "localhost")
        self.requests = Requests()
        self.events = Events()
        self.reporter = reporter(config, self.requests, self.events)
        self.link = Link(config, answers(config, self.requests), self.reporter)
        self.longest_ms = 0

    def now_ms(self):
        return self.world.now_us // 1_000

    def turn(self, turns=1):
        import time

        for _ in range(turns):
            before_ms = self.now_ms()
            self.reporter.poll()
            self.link.poll(time.ticks_ms())
            self.longest_ms = max(self.longest_ms, self.now_ms() - before_ms)
            self.world.sleep_us(TURN_MS * 1_000)

    def happen(self, count=1):
        for _ in range(count):
            self.events.emit(OFFER, 160, 0)
            self.events.stamp(self.now_ms())
            self.reporter.poll()

    def heard(self, suffix):
        return [payload for topic, payload, _ in self.told if topic == "wallbox/box/" + suffix]


def seqs(rig):
    import json

    return [json.loads(payload)["seq"] for payload in rig.heard("event")]


def connects_and_tells():
    rig = Rig(Broker())
    rig.happen(3)
    rig.turn(5)
    assert rig.heard("availability") == [b"online"], rig.told
    assert seqs(rig) == [1, 2, 3]
    assert len(rig.heard("state")) == 1 and len(rig.heard("telemetry")) == 1
    assert len(rig.reporter.outbox) == 0


def a_refused_config_value_is_told():
    import board
    import machine
    from main import recovered
    from wallbox import Box

    from plant.plant import Plant

    rig = Rig(Broker())
    machine.plant = Plant(rig.world, board, 1, lambda name, value: None)
    config = Config()
    config.set("broker_host", "localhost")
    config.complaints.append("config x: unknown")
    box = Box(board, config, None, recovered())
    for _ in range(5):
        box.serve()
        rig.world.sleep_us(50_000)
    assert any(b"config x: unknown" in payload for payload in rig.heard("event")), rig.told


def commands_are_answered_and_retained_ones_refused():
    rig = Rig(Broker())
    rig.turn(3)
    rig.broker.publish("wallbox/box/command/enable", b"false", True)
    rig.turn(2)
    assert rig.requests.enabled == 1
    rig.broker.publish("wallbox/box/command/enable", b"false")
    rig.turn(2)
    assert rig.requests.enabled == 0
    replies = rig.heard("reply")
    assert len(replies) == 2 and b"retained" in replies[0] and b'"ok": true' in replies[1], replies


def a_silent_broker_costs_one_deadline():
    rig = Rig(Broker())
    rig.broker.mode = "silent"
    rig.turn(400)
    assert not rig.link.is_up() and rig.link.losses >= 2
    assert EXCHANGE_MS <= rig.longest_ms <= EXCHANGE_MS + 100, rig.longest_ms


def a_refusing_broker_is_tried_again_ever_more_seldom():
    rig = Rig(Broker())
    rig.broker.mode = "down"
    rig.turn(2_400)
    assert 5 <= rig.link.losses <= 30, rig.link.losses
    rig.broker.mode = "up"
    back_ms = rig.now_ms()
    while not rig.heard("availability"):
        rig.turn()
        assert rig.now_ms() - back_ms <= 31_000


def nothing_is_lost_over_an_outage():
    rig = Rig(Broker())
    rig.happen(2)
    rig.turn(3)
    rig.broker.set_mode("down")
    for _ in range(30):
        rig.happen()
        rig.turn(10)
    assert rig.heard("availability")[-1] == b"offline"
    rig.broker.set_mode("up")
    rig.turn(800)
    assert seqs(rig) == list(range(1, 33)), seqs(rig)


def a_broker_that_falls_silent_is_noticed():
    rig = Rig(Broker())
    rig.turn(5)
    rig.broker.mode = "silent"
    start_ms = rig.now_ms()
    while rig.link.is_up():
        rig.turn()
        assert rig.now_ms() - start_ms < 60_000


def telemetry_comes_every_ten_seconds():
    rig = Rig(Broker())
    rig.turn(1_200)
    assert 6 <= len(rig.heard("telemetry")) <= 7


class Crumbs(Peer):
    """Delivers one byte a read, and none every other time."""

    def recv(self, size):
        self.turn = not getattr(self, "turn", False)
        if self.turn:
            raise OSError(11)
        return Peer.recv(self, 1)

    def send(self, buffer):
        return Peer.send(self, bytes(buffer)[:3])


class Poisoned(Peer):
    """After the handshake, sends what a test wants."""

    poison = b""

    def _answer(self, kind, flags, body):
        Peer._answer(self, kind, flags, body)
        if kind == 8:
            self.inbox += Poisoned.poison


class With(Broker):
    def __init__(self, kind):
        Broker.__init__(self)
        self.kind = kind

    def socket(self):
        return self.kind(self)


def bytes_may_come_one_by_one():
    rig = Rig(With(Crumbs))
    rig.happen(3)
    rig.turn(10)
    assert seqs(rig) == [1, 2, 3]
    rig.broker.publish("wallbox/box/command/limit", b'{"a": 10, "lifetime_s": 60}')
    rig.turn(3)
    assert rig.requests.remote_da == 100


POISONS = (
    b"\x30\xff\xff\xff\x7f\xff\xff",  # a topic of 65535 bytes in a packet of 256 MB
    b"\x30\x05\x00\x40abc",  # topic longer than its packet
    b"\xff\xff\xff\xff\xff",
    b"\x40\x03\x00\x01\x00",
    b"\x32\x02\x00\x00",  # QoS 1 without packet id
    b"\x34\x07\x00\x03a/b\x00\x01",  # QoS 2, never subscribed
    b"\x00" * 40,
    b"\x30\x06\x00\x02\xff\xfe{}",  # a topic that is no UTF-8
    b"\x90\x03\xff\xff\x80",
    b"\x30\x03\x00\x01a",
)


def bad_packets_end_the_session_and_nothing_else():
    for poison in POISONS:
        Poisoned.poison = poison
        rig = Rig(With(Poisoned))
        rig.turn(200)
        assert rig.longest_ms <= EXCHANGE_MS + 100, (poison, rig.longest_ms)
        assert rig.requests.enabled == 1
        Poisoned.poison = b""
        rig.happen(2)
        rig.turn(800)
        assert seqs(rig)[-1] == 2, (poison, seqs(rig))


def vectors_of_a_broker_test_suite_do_no_harm():
    """sys.argv[2]: a file with one hex packet a line."""
    with open(sys.argv[2]) as file:
        packets = [bytes.fromhex(line.strip()) for line in file]
    for packet in packets:
        Poisoned.poison = packet
        rig = Rig(With(Poisoned))
        rig.turn(3)
        Poisoned.poison = b""
        rig.happen()
        rig.turn(400)
        assert seqs(rig)[-1] == 1, packet
    print(len(packets), "packets")


globals()[sys.argv[1]]()
print("done")
