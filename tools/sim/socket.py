"""MicroPython's socket module for the virtual box: a simulated broker, or the real network.

With `broker` set every connection ends there. Without, sockets are real; a reader that finds
nothing twice in a row gets two milliseconds of real time, because simulated time may run far
faster than the peer.
"""

import usocket
import utime
import world

broker = None
AF_INET = usocket.AF_INET
SOCK_STREAM = usocket.SOCK_STREAM
PATIENCE_US = 2_000
SOON_US = 20_000


def getaddrinfo(host, port, *_):
    if broker is not None:
        return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]
    return usocket.getaddrinfo(host, port)


def socket(*_):
    return broker.socket() if broker is not None else Real()


class Real:
    """A socket of the host."""

    def __init__(self):
        self._raw = usocket.socket()
        self._starved_us = -SOON_US
        self.connect = self._raw.connect
        self.settimeout = self._raw.settimeout
        self.setblocking = self._raw.setblocking
        self.send = self._raw.send
        self.close = self._raw.close

    def recv(self, size):
        try:
            return self._raw.recv(size)
        except OSError as wrong:
            now_us = world.current.now_us
            if now_us - self._starved_us < SOON_US:
                utime.sleep_us(PATIENCE_US)
            self._starved_us = now_us
            raise wrong  # not bare: the native emitter cannot re-raise
