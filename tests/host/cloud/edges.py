"""MicroPython side of test_cloud_edges.py: micropython edges.py CASE, each case a function."""

import random
import socket
import sys
import time

import world as worlds
from broker import Broker, Peer
from exchange import Requests
from rig import answers, reporter
from world import World

from cloud.link import TURN_MS, Link
from cloud.stream import EXCHANGE_MS
from state.events import OFFER, Events
from storage.config import Config

PAUSE_MS = 50
ACK_MS = 4_000
FLOOD_BYTE_US = 500


class Rig:
    """A link to a broker whose connections are of class kind, in simulated time."""

    def __init__(self, kind=Peer, **values):
        random.seed(1)
        self.world = worlds.current = World()
        self.broker = socket.broker = Broker()
        self.broker.socket = lambda: kind(self.broker)
        self.told = []
        self.broker.on_message = lambda *message: self.told.append(message)
        config = Config()
        config.set("broker_host", "localhost")
        for name, value in values.items():
            config.set(name, value)
        self.base = "wallbox/%s/" % config["box_id"]
        self.requests = Requests()
        self.events = Events()
        self.reporter = reporter(config, self.requests, self.events)
        self.link = Link(config, answers(config, self.requests), self.reporter)
        self.longest_ms = 0

    def turn(self, turns=1):
        for _ in range(turns):
            before_us = self.world.now_us
            self.reporter.poll()
            self.link.poll(time.ticks_ms())
            self.longest_ms = max(self.longest_ms, (self.world.now_us - before_us) // 1_000)
            self.world.sleep_us(PAUSE_MS * 1_000)

    def happen(self, count=1):
        for _ in range(count):
            self.events.emit(OFFER, 160, 0)
            self.events.stamp(time.ticks_ms())
            self.reporter.poll()

    def command(self, name, payload):
        self.broker.publish(self.base + "command/" + name, payload)

    def heard(self, suffix):
        return [payload for topic, payload, _ in self.told if topic == self.base + suffix]


def it_connects_and_delivers():
    rig = Rig()
    rig.happen(3)
    rig.turn(5)
    rig.command("enable", b"false")
    rig.turn(2)
    assert rig.heard("availability") == [b"online"] and len(rig.heard("event")) == 3, rig.told
    assert rig.requests.enabled == 0 and rig.link.losses == 0, rig.link.last_error


def an_empty_payload_before_another_packet_is_one_command():
    rig = Rig()
    rig.turn(3)
    rig.command("reset_faults", b"")
    rig.command("enable", b"false")
    rig.turn(4)
    assert (rig.requests.reset_serial, rig.requests.enabled) == (1, 0), rig.link.last_error
    assert rig.link.losses == 0


def text_beyond_ascii_arrives_whole():
    rig = Rig(box_id="Köln")
    rig.requests.limit_locally("Zähler", 60)
    rig.turn(3)
    rig.command("größe", b"1")
    rig.turn(3)
    assert rig.heard("availability") == [b"online"], rig.told
    assert rig.heard("state")[0].endswith(b"}") and rig.heard("reply")[0].endswith(b"}"), rig.told
    assert rig.link.losses == 0, rig.link.last_error


def a_user_may_have_no_password():
    rig = Rig(broker_user="max")
    rig.turn(3)
    assert rig.link.is_up() and rig.link.losses == 0, rig.link.last_error


def a_command_as_deep_as_a_packet_is_answered():
    deep = b"[" * 1_900 + b"]" * 1_900
    for payload in (deep, b'{"id": ' + deep + b', "value": 1}'):
        rig = Rig()
        rig.turn(3)
        rig.command("limit", payload)
        rig.turn(3)
        assert b'"ok": false' in rig.heard("reply")[0] and len(rig.heard("reply")[0]) < 200
        assert rig.link.losses == 0, rig.link.last_error


class Flooding(Peer):
    """Sends one packet without end once a test has named it, and acknowledges nothing then."""

    packet = b""

    def recv(self, size):
        worlds.current.sleep_us(FLOOD_BYTE_US)
        while Flooding.packet and len(self.inbox) < size:
            self.inbox += Flooding.packet
        return Peer.recv(self, size)

    def _answer(self, kind, flags, body):
        if not Flooding.packet:
            Peer._answer(self, kind, flags, body)


def a_peer_that_talks_without_end_costs_one_deadline():
    for packet in (b"\xd0\x00", b"\x30\x18\x00\x15wallbox/box/command/x1"):
        Flooding.packet = b""
        rig = Rig(Flooding)
        rig.turn(3)
        assert rig.link.is_up(), rig.link.last_error
        Flooding.packet = packet
        rig.happen()
        rig.turn(2)
        assert rig.link.losses == 1, rig.link.losses
        assert rig.longest_ms <= EXCHANGE_MS + 100, rig.longest_ms


class Late(Peer):
    """Acknowledges every message after ACK_MS."""

    def _answer(self, kind, flags, body):
        before = len(self.inbox)
        Peer._answer(self, kind, flags, body)
        if kind == 3:
            answer, self.inbox = self.inbox[before:], self.inbox[:before]
            worlds.current.at(worlds.current.now_us + ACK_MS * 1_000, lambda: self.deliver(answer))

    def deliver(self, answer):
        self.inbox += answer


def a_slow_broker_gets_one_record_a_turn():
    rig = Rig(Late)
    rig.turn(2)
    rig.happen(12)
    rig.longest_ms = 0
    rig.turn(12)
    assert len(rig.heard("event")) == 12 and rig.link.losses == 0, rig.link.last_error
    assert rig.longest_ms <= ACK_MS + TURN_MS, rig.longest_ms


class Stray(Peer):
    """Acknowledges, after the subscription, what was never sent."""

    def _answer(self, kind, flags, body):
        Peer._answer(self, kind, flags, body)
        if kind == 8:
            self.inbox += b"\x40\x02\x00\x09"


def an_answer_out_of_turn_ends_the_session():
    rig = Rig(Stray)
    rig.turn(2)
    assert rig.link.losses == 1 and "out of turn" in rig.link.last_error, rig.link.last_error


def a_broker_that_accepts_and_drops_is_tried_ever_more_seldom():
    rig = Rig()
    rig.turn()
    assert rig.link.is_up(), rig.link.last_error
    for _ in range(1_200):
        rig.turn()
        if rig.link.is_up():
            rig.broker.drop()
    assert 4 <= rig.link.losses <= 15, rig.link.losses


globals()[sys.argv[1]]()
print("done")
