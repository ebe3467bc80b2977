"""A small MQTT 3.1.1 broker in simulated time, for one box: byte for byte what a real one says.

mode: "up"; "down": refuses and drops; "silent": accepts everything and answers nothing.
on_message(topic, payload, retained) hears what the box publishes.
"""

import errno
import os
import struct

CONNECT, PUBLISH, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 8, 12, 14
CONNACK, PUBACK, SUBACK, PINGRESP = b"\x20\x02\x00\x00", 0x40, 0x90, b"\xd0\x00"


TRANSCRIPT = os.getenv("MQTT_TRANSCRIPT")  # a file for all that boxes say


def note(topic, payload):
    with open(TRANSCRIPT, "ab") as file:
        file.write(topic.encode() + b"\t" + bytes(payload) + b"\n")


class Broker:
    def __init__(self):
        self.mode = "up"
        self.on_message = None
        self._peer = None

    def socket(self):
        return Peer(self)

    def publish(self, topic, payload, retained=False):
        """Send a message to the box if it is connected and has subscribed to a matching topic."""
        peer = self._peer
        if self.mode != "up" or peer is None or not peer.subscriptions:
            return
        if not any(matches(pattern, topic) for pattern in peer.subscriptions):
            return
        body = string(topic) + (payload if isinstance(payload, bytes) else payload.encode())
        peer.inbox += bytes([0x31 if retained else 0x30]) + length(len(body)) + body

    def set_mode(self, mode):
        self.mode = mode
        if mode == "down":
            self.drop()

    def drop(self):
        """Cut the connection as a dead network does; the last will is published."""
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.closed = True
            if peer.will:
                self.hear(*peer.will)

    def adopt(self, peer):
        if self.mode == "down":
            raise OSError(errno.ECONNREFUSED)
        self._peer = peer

    def hear(self, topic, payload, retained):
        if TRANSCRIPT:
            note(topic, payload)
        if self.on_message:
            self.on_message(topic, payload, retained)


class Peer:
    """The box's end of the connection, with the socket methods the firmware uses."""

    def __init__(self, broker):
        self._broker = broker
        self._sent = b""
        self.inbox = b""
        self.closed = False
        self.subscriptions = []
        self.will = None

    def settimeout(self, seconds):
        pass

    setblocking = settimeout

    def connect(self, address):
        self._broker.adopt(self)

    def close(self):
        if self._broker._peer is self:
            self._broker.drop()
        self.closed = True

    def recv(self, size):
        if self.closed:
            return b""
        if not self.inbox:
            raise OSError(errno.EAGAIN)
        chunk, self.inbox = self.inbox[:size], self.inbox[size:]
        return chunk

    def send(self, buffer):
        if self.closed:
            raise OSError(errno.ECONNRESET)
        if self._broker.mode == "up":
            self._sent += bytes(buffer)
            self._digest()
        return len(buffer)

    def _digest(self):
        """Answer every whole packet."""
        while len(self._sent) >= 2:
            size, start = remaining(self._sent)
            if size is None or len(self._sent) < start + size:
                return
            packet, self._sent = self._sent[: start + size], self._sent[start + size :]
            self._answer(packet[0] >> 4, packet[0] & 15, packet[start:])

    def _answer(self, kind, flags, body):
        if kind == CONNECT:
            self.will = will_of(body)
            self.inbox += CONNACK
        elif kind == PUBLISH:
            self._published(flags, body)
        elif kind == SUBSCRIBE:
            self.subscriptions.append(text(body, 2)[0])
            self.inbox += bytes([SUBACK, 3]) + body[:2] + b"\x01"
        elif kind == PINGREQ:
            self.inbox += PINGRESP
        elif kind == DISCONNECT:
            self.will = None

    def _published(self, flags, body):
        topic, at = text(body, 0)
        if flags & 6:
            self.inbox += bytes([PUBACK, 2]) + body[at : at + 2]
            at += 2
        self._broker.hear(topic, body[at:], flags & 1)


def string(value):
    raw = value.encode()
    return struct.pack("!H", len(raw)) + raw


def text(body, at):
    """Return the string at this place and where it ends."""
    size = struct.unpack_from("!H", body, at)[0]
    return bytes(body[at + 2 : at + 2 + size]).decode(), at + 2 + size


def length(size):
    out = b""
    while True:
        size, low = size >> 7, size & 127
        out += bytes([low | 128 if size else low])
        if not size:
            return out


def remaining(packet):
    """Return the packet's remaining length and where its body starts; None while incomplete."""
    size = 0
    for k in range(1, min(len(packet), 5)):
        size |= (packet[k] & 127) << 7 * (k - 1)
        if not packet[k] & 128:
            return size, k + 1
    return None, 0


def will_of(body):
    flags = body[7]
    if not flags & 4:
        return None
    _, at = text(body, 10)
    topic, at = text(body, at)
    message, _ = text(body, at)
    return topic, message.encode(), flags >> 5 & 1


def matches(pattern, topic):
    """Return whether a subscription with + and # covers a topic."""
    wanted, words = pattern.split("/"), topic.split("/")
    for k in range(len(wanted)):
        if wanted[k] == "#":
            return True
        if k >= len(words) or wanted[k] not in ("+", words[k]):
            return False
    return len(wanted) == len(words)
