"""An NTP server in simulated time: it tells the world's time from a start on, or a lie."""

import errno

import world

FROM_1900_S = 2_208_988_800


class TimeServer:
    """start_s: Unix time when the world began; None: it never answers.

    leap, stratum, mode, echo: what it says of itself; whether it repeats the asker's number.
    """

    def __init__(self, start_s=None):
        self.start_s = start_s
        self.leap, self.stratum, self.mode = 0, 2, 4
        self.echo = True
        self.asked = 0

    def socket(self):
        return Datagrams(self)

    def answer(self, question):
        now_s = self.start_s + world.current.now_us // 1_000_000 + FROM_1900_S
        packet = bytearray(48)
        packet[0] = self.leap << 6 | 4 << 3 | self.mode
        packet[1] = self.stratum
        if self.echo:
            packet[24:32] = question[40:48]
        packet[40:44] = (now_s & 0xFFFFFFFF).to_bytes(4, "big")
        return packet


class Datagrams:
    def __init__(self, server):
        self._server = server
        self._answer = None

    def setblocking(self, on):
        pass

    def sendto(self, question, address):
        self._server.asked += 1
        if self._server.start_s is not None:
            self._answer = self._server.answer(bytes(question))
        return len(question)

    def recvfrom(self, size):
        if self._answer is None:
            raise OSError(errno.EAGAIN)
        found, self._answer = bytes(self._answer[:size]), None
        return found, ("time", 123)

    def close(self):
        self._answer = None
