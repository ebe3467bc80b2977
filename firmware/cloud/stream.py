"""A socket with deadlines, to stand under umqtt.simple.

umqtt.simple waits for ever, takes short reads for whole ones and believes every length a broker
sends. This object gives it whole reads and writes, a deadline for each exchange and a limit for
each packet, and lets other threads and the box's other services run while it waits.
"""

import errno
import select
import time

from micropython import const

_WAIT_MS = const(5)
_TEND_WAITS = const(10)  # the other services get their turn every 50 ms, as without a link
CONNECT_MS = 5_000
SHAKE_MS = 10_000  # the whole TLS handshake: 0.75 s on an ESP32 with a near broker
EXCHANGE_MS = 5_000
_PACKET_LIMIT = const(4_096)
AGAIN = (errno.EAGAIN, errno.ETIMEDOUT)


class Stream:
    """Takes the place of a socket in umqtt.simple: connect, read, write, setblocking, close.

    Every operation raises OSError: ETIMEDOUT past its deadline, whether the peer is silent or
    talks without end, ECONNRESET when the peer has closed, and with a text when a packet is longer
    than _PACKET_LIMIT. With TLS also what the tls module raises.
    header: first byte of the packet being read. heard_ms: when the last byte came.

    raw: a socket. route: cloud.route.Route, of which wrap(), check() and tend() are used.
    """

    def __init__(self, raw, route):
        self._raw = raw
        self._route = route
        self._recv, self._send = raw.recv, raw.send
        self._blocking = True
        self._shaking = False
        self._waits = 0
        self._taken = 0
        self.header = 0
        self.begin()
        self.heard_ms = self._start_ms

    def begin(self, span_ms=EXCHANGE_MS):
        """Start an exchange: from here span_ms count."""
        self._span_ms = span_ms
        self._start_ms = time.ticks_ms()

    def begin_packet(self):
        """Start a packet: the next byte read is its header."""
        self._taken = 0

    def connect(self, address):
        """Connect, and with TLS prepare the handshake, which the first bytes written carry."""
        self.reach(address)
        secure = self._route.wrap(self._raw)
        self._shaking = secure is not None
        if secure is not None:
            self._raw = secure
            self._recv, self._send = secure.read, secure.write
        self.begin(SHAKE_MS if self._shaking else EXCHANGE_MS)

    def reach(self, address):
        """Connect, and no more."""
        self.begin(CONNECT_MS)
        self._raw.setblocking(False)
        try:
            self._raw.connect(address)
        except OSError as wrong:
            if wrong.errno != errno.EINPROGRESS:
                raise wrong
            self._await_connection()

    def settimeout(self, seconds):
        """Do nothing, the deadlines here stay: umqtt.simple 1.8 asks for none when it connects."""

    def setblocking(self, on):
        self._blocking = on

    def close(self):
        self._raw.close()

    def read(self, size):
        """Return exactly size bytes; None if not blocking and nothing is there."""
        if size < 0 or self._taken + size > _PACKET_LIMIT:
            raise OSError("packet not from 0 to %d bytes" % _PACKET_LIMIT)
        if size == 0:
            return b""  # a socket's answer to this looks like a close
        self._check_deadline()
        chunk = self._receive(size)
        if chunk is None and not self._blocking:
            return None
        whole = chunk or b""
        while len(whole) < size:
            if chunk is None:
                self._wait()
            chunk = self._receive(size - len(whole))
            whole += chunk or b""
        if not self._taken:
            self.header = whole[0]
        self._taken += size
        return whole

    def write(self, buffer, size=None):
        """Write all of buffer, or its first size bytes."""
        rest = memoryview(buffer)[: len(buffer) if size is None else size]
        while rest:
            if self._shaking:
                self._route.check()  # before each piece of arithmetic
            sent = self._give(rest)
            if sent:
                rest = rest[sent:]
            else:
                self._wait()
        if self._shaking:
            self._shaking = False
            self.begin()  # the answer to CONNECT has its own time

    def _give(self, rest):
        try:
            return self._send(rest)
        except OSError as wrong:
            if wrong.errno in AGAIN:
                return 0
            raise wrong

    def _receive(self, size):
        try:
            chunk = self._recv(size)
        except OSError as wrong:
            if wrong.errno in AGAIN:
                return None
            raise wrong
        if chunk is None:  # a TLS socket's way to say "not yet"
            return None
        if chunk == b"":
            raise OSError(errno.ECONNRESET)
        self.heard_ms = time.ticks_ms()
        return chunk

    def _await_connection(self):
        poller = select.poll()
        poller.register(self._raw, select.POLLOUT)
        while not poller.poll(0):  # a refusal is told by the first write
            self._wait()

    def _wait(self):
        self._check_deadline()
        self._waits = (self._waits + 1) % _TEND_WAITS
        if not self._waits:
            self._route.tend()
        time.sleep_ms(_WAIT_MS)

    def _check_deadline(self):
        if time.ticks_diff(time.ticks_ms(), self._start_ms) > self._span_ms:
            raise OSError(errno.ETIMEDOUT)
