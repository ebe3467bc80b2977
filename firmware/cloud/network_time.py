"""The time from an NTP server (RFC 5905, the simple client of section 14).

Not authenticated: whoever sits on the way can lie. So an answer must echo the random number that
was sent, and a time before the wall clock's floor is refused: a lie can make a certificate look
expired, not a stolen old one look valid. docs/link.md, "Time", has what else a lie can do.
"""

import random
import socket
import time

from micropython import const

# until the first answer, and then
_FAST_MS = const(15_000)
_SLOW_MS = const(8 * 3_600_000)
DOUBT_MS = 600_000  # without a session: perhaps the last answer was a lie
_ANSWER_MS = const(2_000)
PORT = 123
_PACKET = const(48)
_FROM_1900_S = const(2_208_988_800)
_ERA_S = const(1 << 32)  # the field wraps in 2036
_SERVER = const(4)
_UNSYNCHRONISED = const(3)
_WORST_STRATUM = const(15)


class NetworkTime:
    """config: its ntp_host. clock: wall_clock.WallClock. may_wait: whether a look-up may block.

    is_new: nothing has come of the first question yet.
    """

    def __init__(self, config, clock, may_wait):
        self._host = config["ntp_host"]
        self.is_new = bool(self._host)
        self._clock = clock
        self._may_wait = may_wait
        self._socket = None
        self._cookie = b""
        self._asked_ms = 0
        self._next_ms = 0  # until the next question
        self.last_error = ""

    def poll(self, now_ms, in_session):
        """Ask when it is time; take an answer. Waits for nothing but the look-up of the name.

        in_session: whether the broker was reached with the time that the clock has.
        """
        if not self._host:
            return
        if self._socket:
            self._listen(now_ms, self._socket)
        elif self._is_due(now_ms, in_session) and self._may_wait():
            self._asked_ms = now_ms
            self._next_ms = _FAST_MS
            try:
                self._ask()
            except OSError as wrong:
                self._close("ntp: %s" % wrong)

    def _is_due(self, now_ms, in_session):
        if not self._next_ms:
            return True
        wait_ms = self._next_ms if in_session else min(self._next_ms, DOUBT_MS)
        return time.ticks_diff(now_ms, self._asked_ms) >= wait_ms

    def _ask(self):
        address = socket.getaddrinfo(self._host, PORT, 0, socket.SOCK_DGRAM)[0][-1]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._cookie = bytes([random.getrandbits(8) for _ in range(8)])
        question = b"\x23" + bytes(_PACKET - 9) + self._cookie  # version 4, client
        self._socket.sendto(question, address)

    def _listen(self, now_ms, sock):
        try:
            answer = sock.recvfrom(_PACKET)[0]
        except OSError:  # nothing yet; or refused, which the time limit ends as well
            if time.ticks_diff(now_ms, self._asked_ms) > _ANSWER_MS:
                self._close("ntp: no answer")
            return
        if len(answer) < _PACKET or answer[24:32] != self._cookie:
            return  # somebody else's
        try:
            self._clock.set(unix_s(answer))
            self._next_ms = _SLOW_MS
            self._close("")
        except ValueError as wrong:
            self._close("ntp: %s" % wrong)

    def _close(self, why):
        self.last_error = why
        self.is_new = False
        if self._socket:
            self._socket.close()
            self._socket = None


def unix_s(answer: bytes) -> int:
    """Return the time of a server's answer. Raises ValueError if it has none to give."""
    leap, mode, stratum = answer[0] >> 6, answer[0] & 7, answer[1]
    if mode != _SERVER or leap == _UNSYNCHRONISED or not 0 < stratum <= _WORST_STRATUM:
        raise ValueError("the server has no time")
    seconds = int.from_bytes(answer[40:44], "big")
    if seconds < _FROM_1900_S:
        seconds += _ERA_S
    return seconds - _FROM_1900_S
