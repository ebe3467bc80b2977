"""A socket with deadlines, to stand under umqtt.simple.

umqtt.simple waits for ever, takes short reads for whole ones and believes every length a broker
sends. This object gives it whole reads and writes, a deadline for each exchange and a limit for
each packet, and lets other threads run while it waits.
"""

import errno
import socket
import time

WAIT_MS = 5
EXCHANGE_MS = 5_000
PACKET_LIMIT = 4_096
CONNECT_S = 5
AGAIN = (errno.EAGAIN, errno.ETIMEDOUT)


class Stream:
    """Takes the place of a socket in umqtt.simple: connect, read, write, setblocking, close.

    Every operation raises OSError: ETIMEDOUT past the deadline set by begin(), whether the peer is
    silent or talks without end, ECONNRESET when the peer has closed, and with a text when a packet
    is longer than PACKET_LIMIT.
    header: first byte of the packet being read. heard_ms: when the last byte came.
    """

    def __init__(self):
        self._raw = socket.socket()
        self._blocking = True
        self._taken = 0
        self.header = 0
        self.begin()
        self.heard_ms = self._start_ms

    def begin(self):
        """Start an exchange: from here EXCHANGE_MS count."""
        self._start_ms = time.ticks_ms()

    def begin_packet(self):
        """Start a packet: the next byte read is its header."""
        self._taken = 0

    def connect(self, address):
        self._raw.settimeout(CONNECT_S)
        self._raw.connect(address)
        self._raw.setblocking(False)
        self.begin()  # name resolution and connecting had their own time

    def settimeout(self, seconds):
        """Do nothing, the deadlines here stay: umqtt.simple 1.8 asks for none when it connects."""

    def setblocking(self, on):
        self._blocking = on

    def close(self):
        self._raw.close()

    def read(self, size):
        """Return exactly size bytes; None if not blocking and nothing is there."""
        if size < 0 or self._taken + size > PACKET_LIMIT:
            raise OSError("packet not from 0 to %d bytes" % PACKET_LIMIT)
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
            try:
                sent = self._raw.send(rest)
            except OSError as wrong:
                if wrong.errno not in AGAIN:
                    raise wrong
                sent = 0
            if sent:
                rest = rest[sent:]
            else:
                self._wait()

    def _receive(self, size):
        try:
            chunk = self._raw.recv(size)
        except OSError as wrong:
            if wrong.errno in AGAIN:
                return None
            raise wrong
        if chunk == b"":
            raise OSError(errno.ECONNRESET)
        self.heard_ms = time.ticks_ms()
        return chunk

    def _wait(self):
        self._check_deadline()
        time.sleep_ms(WAIT_MS)

    def _check_deadline(self):
        if time.ticks_diff(time.ticks_ms(), self._start_ms) > EXCHANGE_MS:
            raise OSError(errno.ETIMEDOUT)
