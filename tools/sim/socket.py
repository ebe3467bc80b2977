"""MicroPython's socket module for the virtual box: a simulated broker, or the real network.

With `broker` set every connection ends there. Without, sockets are real; a reader that finds
nothing twice in a row gets two milliseconds of real time, because simulated time may run far
faster than the peer.

look_up_ms: how long a name takes; None: it is not found. time_server: who answers datagrams.
"""

import io

import secured
import usocket
import utime
import world
from time_server import TimeServer

broker = None
time_server = TimeServer()
look_up_ms = 0
AF_INET = usocket.AF_INET
SOCK_STREAM = usocket.SOCK_STREAM
SOCK_DGRAM = usocket.SOCK_DGRAM
PATIENCE_US = 2_000
SOON_US = 20_000


def getaddrinfo(host, port, *_):
    if broker is None:
        return usocket.getaddrinfo(host, port)
    world.current.sleep_us((look_up_ms or 0) * 1_000)  # the thread that asked waits
    if look_up_ms is None:
        raise OSError(-2)
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


def socket(family=AF_INET, kind=SOCK_STREAM, *_):
    if broker is None:
        return Real(kind)
    return time_server.socket() if kind == SOCK_DGRAM else broker.socket()


class Real(io.IOBase):
    """A socket of the host."""

    def __init__(self, kind=SOCK_STREAM):
        self.raw = usocket.socket(AF_INET, kind)
        self._starved_us = -SOON_US
        self.connect = self.raw.connect
        self.settimeout = self.raw.settimeout
        self.setblocking = self.raw.setblocking
        self.send = self.raw.send
        self.sendto = self.raw.sendto
        self.recvfrom = self.raw.recvfrom

    def close(self):
        self.raw.close()

    def ioctl(self, request, flags):
        return secured.poll(self.raw, request, flags)

    def recv(self, size):
        try:
            return self.raw.recv(size)
        except OSError as wrong:
            self.starve()
            raise wrong  # not bare: the native emitter cannot re-raise

    def starve(self):
        now_us = world.current.now_us
        if now_us - self._starved_us < SOON_US:
            utime.sleep_us(PATIENCE_US)
        self._starved_us = now_us
