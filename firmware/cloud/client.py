"""umqtt.simple over our Stream: the one place that knows the library's inside.

Works with 1.3.4 (PyPI) and 1.8 (frozen in board images): both look up `socket` in their module
and use only what Stream and Network have.
"""

import socket

import umqtt.simple as umqtt

from cloud.stream import Stream

LAST_PACKET_ID = 65_535
RETAINED = 1


class Network:
    """What umqtt.simple takes for the socket module."""

    SOCK_STREAM = 1

    @staticmethod
    def socket(*_):
        return Stream()

    @staticmethod
    def getaddrinfo(host, port, *_):
        return socket.getaddrinfo(host, port)


class Client(umqtt.MQTTClient):
    """An MQTT client none of whose calls takes longer than stream.EXCHANGE_MS."""

    def open(self):
        """Connect over a Stream with a clean session. Raises what umqtt.simple raises."""
        setattr(umqtt, "socket", Network)  # noqa: B010, the library's global is no declared name
        umqtt.MQTTClient.connect(self)

    def publish(self, topic, msg, retain=False, qos=0):
        self.sock.begin()
        if self.pid >= LAST_PACKET_ID:
            self.pid = 0  # umqtt counts on past 16 bits
        umqtt.MQTTClient.publish(self, topic, msg, retain, qos)

    def subscribe(self, topic, qos=0):
        self.sock.begin()
        umqtt.MQTTClient.subscribe(self, topic, qos)

    def check_msg(self):
        self.sock.begin()
        return umqtt.MQTTClient.check_msg(self)

    def wait_msg(self):
        self.sock.begin_packet()
        return umqtt.MQTTClient.wait_msg(self)

    def ping(self):
        self.sock.begin()
        umqtt.MQTTClient.ping(self)

    def was_retained(self) -> bool:
        """Return whether the message being delivered is an old one kept by the broker."""
        return bool(self.sock.header & RETAINED)

    def abandon(self):
        """Close without a word: the broker then publishes the last will."""
        if self.sock is not None:
            self.sock.close()
            self.sock = None
