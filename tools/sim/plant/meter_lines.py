"""Meters on buses, by the register: what their data sheets say comes back, to the byte.

shown: an object with mv, ma, mw, wh (lists by phase) and chz, which the meter measures.
Each can be broken the way wires and chips break: `fault` is None or one of the class's FAULTS.
"""

import struct


class Shown:
    def __init__(self):
        self.mv = [230_000] * 3
        self.ma = [0] * 3
        self.mw = [0] * 3
        self.wh = [0.0] * 3
        self.chz = 5_000


class Seen:
    """What a meter sees of plant.mains: the figures of the moment, and the energy that flowed."""

    def __init__(self, mains):
        self._mains = mains

    @property
    def mv(self):
        return [round(volts * 1_000) for volts in self._mains.volts]

    @property
    def ma(self):
        return [round(amps * 1_000) for amps in self._mains.amps]

    @property
    def mw(self):
        return [round(watts * 1_000) for watts in self._mains.phase_watts()]

    @property
    def wh(self):
        return [mws / 3.6e6 for mws in self._mains.settled_phase_mws()]

    @property
    def chz(self):
        return round(self._mains.hertz * 100)


class Atm90e32Chip:
    """An SPI with an ATM90E32AS at its end; select is the chip's CS pin as a callable."""

    FAULTS = ("absent", "flipped")

    def __init__(self, shown):
        self._shown = shown
        self.fault = None
        self._bytes = b""
        self._last = 0
        self.reset()

    def reset(self):
        """The supply was away, or the soft reset word came."""
        self.words = {0x00: 0, 0x7F: 0}

    def select(self, level):
        self._bytes = b""

    def write(self, buffer):
        self._bytes += bytes(buffer)
        if len(self._bytes) == 4 and not self._bytes[0] & 0x80:
            self._store(self._bytes[1], self._bytes[2] << 8 | self._bytes[3])

    def readinto(self, buffer):
        register = self._bytes[1]
        if self.fault == "absent" or not self._bytes[0] & 0x80:
            word = 0xFFFF
        elif register == 0x78:
            word = self._last
        else:
            word = self._last = self._word(register)
            if self.fault == "flipped":
                word ^= 0x0400
        buffer[0], buffer[1] = word >> 8, word & 0xFF

    def _store(self, register, word):
        if self.fault == "absent":
            return
        self._last = word
        if register == 0x70 and word == 0x789A:
            self.reset()
        elif register == 0x7F or self.words[0x7F] == 0x55AA or register == 0x00:
            self.words[register] = word  # configuration only while access is enabled

    def _word(self, register):
        if register < 0xB0:
            return self.words.get(register, 0)
        if not self.words[0x00]:
            return 0
        if register == 0xF8:
            return self._shown.chz
        phase = register - 0xD9 if register < 0xDD else register - 0xDD
        if 0xD9 <= register <= 0xDB:
            return self._shown.mv[phase] // 10
        if 0xDD <= register <= 0xDF:
            return self._shown.ma[phase]
        steps = self._steps((register & 0x0F) - 1)
        return steps >> 16 & 0xFFFF if register < 0xC0 else steps & 0xFFFF

    def _steps(self, phase):
        return round(self._shown.mw[phase] / 0.32)


class Line:
    """A UART's far end: answers what is written, at a byte rate, on a clock of milliseconds."""

    FAULTS = ("silent", "corrupt", "short")

    def __init__(self, shown, now_ms, baud=9_600):
        self._shown = shown
        self._now_ms = now_ms
        self._byte_ms = 10_000 / baud
        self.fault = None
        self._waiting = b""
        self._from_ms = 0.0

    def write(self, buffer):
        answer = self._answer(bytes(buffer))
        if self.fault == "silent":
            answer = b""
        elif self.fault == "corrupt" and answer:
            answer = answer[:4] + bytes([answer[4] ^ 0x10]) + answer[5:]
        elif self.fault == "short":
            answer = answer[:-1]
        self._waiting = answer
        self._from_ms = self._now_ms() + (len(buffer) + 4) * self._byte_ms
        return len(buffer)

    def any(self):
        return max(0, min(len(self._waiting), self._arrived()))

    def _arrived(self):
        return int((self._now_ms() - self._from_ms) / self._byte_ms)

    def readinto(self, buffer, count=None):
        count = min(self.any(), len(buffer) if count is None else count)
        if not count:
            return None
        buffer[:count] = self._waiting[:count]
        self._waiting = self._waiting[count:]
        self._from_ms += count * self._byte_ms
        return count

    def txdone(self):
        return True


class Bl0942Chips(Line):
    """Up to four chips by address; shunt of 1 milliohm, 5 * 390 kiloohm to 0.51 kiloohm.

    Each lives on its own phase: without a voltage there is no answer.
    """

    def _answer(self, question):
        if len(question) != 2 or question[0] & 0xFC != 0x58 or question[1] != 0xAA:
            return b""
        phase = question[0] & 3
        shown = self._shown
        if not shown.mv[phase]:
            return b""
        volts_ref = 73_989 * 0.51 * 1_000 / (1.218 * 1_950.51)
        amps_ref = 305_978 / 1.218
        watts_ref = 3_537 * 0.51 * 1_000 / (1.218 * 1.218 * 1_950.51)
        body = bytes([0x55])
        body += _three(shown.ma[phase] / 1_000 * amps_ref)
        body += _three(shown.mv[phase] / 1_000 * volts_ref)
        body += _three(shown.ma[phase] / 1_000 * amps_ref)
        body += _three(shown.mw[phase] / 1_000 * watts_ref)
        body += _three(0) + struct.pack("<H", round(1e8 / shown.chz) if shown.chz else 0)
        body += bytes(4)
        return body + bytes([~(question[0] + sum(body)) & 0xFF])


def _three(steps):
    return (round(steps) & 0xFFFFFF).to_bytes(3, "little")


class SdmMeter(Line):
    """An SDM630: function 04 on its input registers, anything else is an exception."""

    def __init__(self, shown, now_ms, baud=9_600, address=1):
        super().__init__(shown, now_ms, baud)
        self._address = address

    def _answer(self, question):
        if len(question) != 8 or question[0] != self._address or _crc(question) != 0:
            return b""
        function, first, count = question[1], question[2] << 8 | question[3], question[5]
        if function != 0x04 or count > 60 or count % 2:
            return _with_crc(bytes([self._address, function | 0x80, 2]))
        values = b"".join(
            struct.pack(">f", self._value(register)) for register in range(first, first + count, 2)
        )
        return _with_crc(bytes([self._address, function, len(values)]) + values)

    def _value(self, register):
        shown = self._shown
        for first, values, scale in ((0, shown.mv, 1e3), (6, shown.ma, 1e3), (12, shown.mw, 1e3)):
            if first <= register < first + 6:
                return values[(register - first) // 2] / scale
        if register == 0x46:
            return shown.chz / 100
        if 0x15A <= register <= 0x15E:
            return shown.wh[(register - 0x15A) // 2] / 1_000
        return 0.0


def _crc(frame):
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def _with_crc(frame):
    return frame + struct.pack("<H", _crc(frame))
