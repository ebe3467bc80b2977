"""Eastron SDM630 and SDM72 meters on Modbus RTU over RS-485.

Three questions in turn: voltages, currents and powers; the frequency; the imported energy by
phase. Function 04, two registers of 16 bits a value, an IEEE 754 float with the high word first,
CRC-16 (A001H) low byte first: Eastron's SDM630 Modbus protocol and SDM72D-M user manual 1.5, part
3; addresses as in ESPHome's sdm_meter component. 9600 baud, 8N1, address 1 unless set otherwise.

Energy is the meter's own count: what flowed while the line was silent is in the next good answer.
A count that falls, or rises faster than 26 kW, is another meter or nonsense: it only starts anew.
Models without a count by phase (counts_phases 0) have their power counted instead.
"""

from micropython import const

from drivers.meter_readings import Readings
from drivers.serial_question import SerialQuestion

_READ_INPUTS = const(0x04)
# questions
_VALUES = const(0)
_FREQUENCY = const(1)
_IMPORT = const(2)
BLOCKS = ((0x0000, 18), (0x0046, 2), (0x015A, 6))  # first register, registers
_TURN_MS = const(150)
_MWS_PER_WH = const(3_600_000)
_CHUNK_WH = const(200)  # a tick hands on no more: 31 bits
# 26 kW on a phase, rounded up
_FASTEST_WH = const(8)
_FASTEST_MS = const(1_000)
_SLACK_WH = const(30)  # the count moves in steps, and an answer may be late
UNREADABLE = -(1 << 29)
_LONGEST_GAP_MS = const(1 << 28)  # three days
# of four bits: CRC-16 with the polynomial 0xA001, which is 0x8005 turned round
LOWER = (0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401)
UPPER = (0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400)
CRC = LOWER + UPPER
_LINGER_MS = const(5_000)  # after an opening the meter may still have to show what flowed before


def crc(buffer, count: int) -> int:
    """Return Modbus' CRC-16 of the first count bytes."""
    value = 0xFFFF
    for k in range(count):
        value ^= buffer[k]
        value = value >> 4 ^ CRC[value & 15]
        value = value >> 4 ^ CRC[value & 15]
    return value


def milli(buffer, at: int) -> int:
    """Return a float of four bytes times 1000, cut to a whole number. UNREADABLE beyond 2**19."""
    exponent = ((buffer[at] & 0x7F) << 1 | buffer[at + 1] >> 7) - 127
    mantissa = (buffer[at + 1] & 0x7F | 0x80) << 16 | buffer[at + 2] << 8 | buffer[at + 3]
    if exponent < -10:
        return 0
    if exponent >= 19:
        return UNREADABLE
    below = 23 - exponent  # bits of the mantissa below one
    whole = mantissa >> below
    rest = mantissa - (whole << below)
    if below > 20:
        rest >>= below - 20
        below = 20
    value = whole * 1_000 + (rest * 1_000 >> below)
    return -value if buffer[at] & 0x80 else value


class Sdm630(Readings):
    """uart: machine.UART with timeout=0. enable: Pin of the RS-485 driver, or None."""

    def __init__(self, uart, phases=3, address=1, enable=None, counts_phases=1):
        super().__init__(phases)
        self._address = address
        self._questions = [_question(address, first, count) for first, count in BLOCKS]
        self._last = _IMPORT if counts_phases else _FREQUENCY
        self._serial = SerialQuestion(uart, 5 + 2 * BLOCKS[_VALUES][1], enable=enable)
        self._turn = _VALUES
        self._asked = False
        self._turn_ms = _TURN_MS
        self._values = [0] * 9
        self._chz = 0
        self._counts_wh = [-1] * phases  # -1: not known yet
        self._pending_wh = [0] * phases
        self._gap_ms = 0  # since the counts were read
        self._closed = 0  # since then, or just before
        self._linger_ms = 0

    def sample(self, closed: int, elapsed_ms: int):
        """Ask, or take what has arrived."""
        self.pass_time(closed, elapsed_ms)
        self._linger_ms = _LINGER_MS if closed else max(self._linger_ms - elapsed_ms, 0)
        self._closed |= self._linger_ms
        self._gap_ms = min(self._gap_ms + elapsed_ms, _LONGEST_GAP_MS)
        self._turn_ms += elapsed_ms
        self._hand_on()
        if self._asked:
            self._listen(elapsed_ms)
        elif self._turn_ms >= _TURN_MS:
            self._turn_ms = 0
            self._serial.ask(self._questions[self._turn], 5 + 2 * BLOCKS[self._turn][1])
            self._asked = True

    def _listen(self, elapsed_ms):
        came = self._serial.poll(elapsed_ms)
        if not came:
            return
        self._asked = False
        if came < 0 or not self._is_whole() or not self._understand():
            self.refuse()
            self._turn = _VALUES
            return
        self._turn = self._turn + 1 if self._turn < self._last else _VALUES

    def _is_whole(self):
        answer, count = self._serial.answer, self._serial.arrived
        said = answer[count - 2] | answer[count - 1] << 8
        size = count - 5
        head = answer[0] == self._address and answer[1] == _READ_INPUTS and answer[2] == size
        return head and crc(answer, count - 2) == said

    def _understand(self):
        if self._turn == _VALUES:
            return self._read_values()
        if self._turn == _FREQUENCY:
            self._chz = milli(self._serial.answer, 3) // 10
            return True
        return self._read_counts()

    def _read_values(self):
        for k in range(9):
            self._values[k] = milli(self._serial.answer, 3 + 4 * k)
        for phase in range(self.phases):
            if not self.is_plausible(self._values[phase], abs(self._values[3 + phase]), 0):
                return False
            if not self.is_plausible(0, 0, self._values[6 + phase]):
                return False
        for phase in range(self.phases):
            ma = abs(self._values[3 + phase])
            self.take(phase, self._values[phase], ma, self._values[6 + phase])
            if self._last == _FREQUENCY:
                self.integrate(phase)
        self.accept(self._chz)
        return True

    def _read_counts(self):
        most_wh = _SLACK_WH + (self._gap_ms // _FASTEST_MS) * _FASTEST_WH
        good = True
        for phase in range(self.phases):
            wh = milli(self._serial.answer, 3 + 4 * phase)
            before = self._counts_wh[phase]
            self._counts_wh[phase] = max(wh, -1)
            if before < 0 or wh < 0:
                good = good and wh >= 0
            elif not 0 <= wh - before <= most_wh:
                good = False
            elif self._closed:
                self._pending_wh[phase] += wh - before
        self._gap_ms = 0
        self._closed = 0
        return good

    def _hand_on(self):
        for phase in range(self.phases):
            wh = min(self._pending_wh[phase], _CHUNK_WH)
            if wh:
                self._pending_wh[phase] -= wh
                self.count(phase, wh * _MWS_PER_WH)


def _question(address, first, count):
    head = bytes([address, _READ_INPUTS, first >> 8, first & 0xFF, 0, count])
    check = crc(head, 6)
    return head + bytes([check & 0xFF, check >> 8])
