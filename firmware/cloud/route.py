"""The way to the broker: its address, a socket, TLS, and when the chip may stand still for them.

What the platform blocks in spite of all deadlines is here and nowhere else: looking up a name
holds up the services, the arithmetic of a TLS handshake with certificates the whole chip. Both
wait for an open contactor (cloud/standstill.py). An address once found serves until then.
"""

import socket
import time

from micropython import const

from cloud.stream import Stream

_TLS_PORT = const(8_883)
_PLAIN_PORT = const(1_883)
# values of the config's broker_tls
_NEVER = const(0)
_UNLESS_LOCAL = const(1)
_ALWAYS = const(2)


def is_local(host: str) -> bool:
    """Return whether host is this very machine by its text: nothing then leaves it."""
    return host == "localhost" or (host.startswith("127.") and is_address(host))


def is_address(host: str) -> bool:
    return all(part.isdigit() for part in host.split("."))


def nothing():
    pass


class Route:
    """What umqtt.simple takes for the socket module.

    standstill: cloud.standstill.Standstill, or None where nothing has to wait. prepare: called
    before a TLS handshake to set the chip's clock, by which certificates are judged. confirm:
    called when they were found valid. tend: called every 50 ms while an exchange waits.
    """

    SOCK_STREAM = 1

    def __init__(self, config, standstill=None, prepare=nothing, tend=nothing):
        self._config = config
        self._standstill = standstill
        self._prepare = prepare
        self._hosts = [host.strip() for host in config["broker_host"].split(",")]
        self._known = {}  # host: what getaddrinfo said
        self.tend = tend
        self.confirm = nothing
        self.resolve_ms = 0  # how long the last look-up took

    def is_secure(self) -> bool:
        wanted = self._config["broker_tls"]
        return wanted == _ALWAYS or (wanted == _UNLESS_LOCAL and not is_local(self.host()))

    def host(self) -> str:
        """Return the broker whose turn it is, of those in the config."""
        return self._hosts[0]

    def turn(self):
        """Let the next one of the brokers have its turn."""
        self._hosts.append(self._hosts.pop(0))

    def port(self) -> int:
        return self._config["broker_port"] or (_TLS_PORT if self.is_secure() else _PLAIN_PORT)

    def is_free(self) -> bool:
        """Return whether a connection may be made now."""
        return self._is_quiet() or not (self.is_heavy() or self._must_resolve())

    def socket(self, *_):
        return Stream(socket.socket(), self)

    def getaddrinfo(self, host, port, *_):
        """Return the address; the last one while a look-up would have to wait."""
        if host in self._known and not self._is_quiet():
            return self._known[host]
        start_ms = time.ticks_ms()
        found = self._known[host] = socket.getaddrinfo(host, port, 0, self.SOCK_STREAM)
        self.resolve_ms = time.ticks_diff(time.ticks_ms(), start_ms)
        return found

    def waits(self, now_ms, crowded) -> bool:
        """Call while a connection is wanted that is not free. crowded: records wait in RAM.

        Pauses the charge for it when waiting has become worse. Return whether to go on waiting:
        no when the broker could not be reached anyway.
        """
        standstill = self._standstill
        if standstill is None or not standstill.is_pressing(now_ms, crowded):
            return True
        if not self._answers():
            return False
        standstill.pause(now_ms)
        return True

    def arrived(self):
        """A session is established."""
        if self.is_heavy():
            self.confirm()
        self.done()

    def done(self):
        """A try has ended: nobody waits any more."""
        if self._standstill:
            self._standstill.done()

    def wrap(self, raw):
        """Return a TLS socket over raw before its handshake, or None where none is wanted.

        Raises OSError or ValueError with a sentence if a certificate or key cannot be used.
        """
        if not self.is_secure():
            return None
        from cloud import secure  # most boxes at home never need it

        self.check()
        self._prepare()
        return secure.wrap(raw, self._config, self.host())

    def check(self):
        """Raise OSError if the chip may not stand still any more."""
        if self.is_heavy() and not self._is_quiet():
            raise OSError("the contactor has closed: the handshake waits")

    def _answers(self) -> bool:
        """Return whether the broker's port can be reached at all. Costs no arithmetic."""
        stream = self.socket()
        try:
            stream.reach(self.getaddrinfo(self.host(), self.port())[0][-1])
        except OSError:
            return False
        finally:
            stream.close()
        return True

    def _is_quiet(self):
        return self._standstill is None or self._standstill.allows()

    def is_heavy(self) -> bool:
        """Return whether certificates are shown: a shared key costs no time worth naming."""
        return self.is_secure() and not self._config["tls_psk"]

    def _must_resolve(self):
        host = self.host()
        return not (host in self._known or is_local(host) or is_address(host))
