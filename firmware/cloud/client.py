"""umqtt.simple over our Stream: the one place that knows the library's inside.

Works with 1.3.4 (PyPI) and 1.8 (frozen in board images): both look up `socket` in their module
and use only what Stream and Route have.
"""

import umqtt.simple as umqtt
from micropython import const

_KEEPALIVE_S = const(30)
_LAST_PACKET_ID = const(65_535)
_PUBLISH = const(0x30)
_RETAINED = const(1)


def octets(text):
    """Return text as bytes: umqtt.simple counts what it sends in characters."""
    return text.encode() if isinstance(text, str) else text


class Client(umqtt.MQTTClient):
    """An MQTT client none of whose calls but open() takes longer than stream.EXCHANGE_MS.

    open() adds what route has to wait for: a look-up, stream.CONNECT_MS, stream.SHAKE_MS.
    user: empty for none. route: cloud.route.Route.
    """

    def __init__(self, name, host, port, user, password, route):
        self._route = route
        user, password = octets(user) or None, octets(password)  # None: 1.3.4 sends an empty one
        umqtt.MQTTClient.__init__(self, octets(name), host, port, user, password, _KEEPALIVE_S)

    def set_last_will(self, topic, msg, retain=False, qos=0):
        umqtt.MQTTClient.set_last_will(self, octets(topic), octets(msg), retain, qos)

    def open(self):
        """Connect over a Stream with a clean session. Raises what umqtt.simple raises."""
        setattr(umqtt, "socket", self._route)  # noqa: B010, the library's global is no declared name
        umqtt.MQTTClient.connect(self)

    def publish(self, topic, msg, retain=False, qos=0):
        self.sock.begin()
        if self.pid >= _LAST_PACKET_ID:
            self.pid = 0  # umqtt counts on past 16 bits
        umqtt.MQTTClient.publish(self, octets(topic), octets(msg), retain, qos)

    def subscribe(self, topic, qos=0):
        self.sock.begin()
        umqtt.MQTTClient.subscribe(self, octets(topic), qos)

    def check_msg(self):
        """Deliver one message if there is any. Raises OSError on an answer nobody asked for."""
        self.sock.begin()
        header = umqtt.MQTTClient.check_msg(self)  # of a message: None in 1.3.4, its byte in 1.8
        if header is not None and header & 0xF0 != _PUBLISH:
            raise OSError("packet %d out of turn" % header)

    def wait_msg(self):
        self.sock.begin_packet()
        return umqtt.MQTTClient.wait_msg(self)

    def ping(self):
        self.sock.begin()
        umqtt.MQTTClient.ping(self)

    def was_retained(self) -> bool:
        """Return whether the message being delivered is an old one kept by the broker."""
        return bool(self.sock.header & _RETAINED)

    def abandon(self):
        """Close without a word: the broker then publishes the last will."""
        if self.sock is not None:
            self.sock.close()
            self.sock = None
