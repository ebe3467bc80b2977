"""Belling BL0942 metering chips on a UART: one chip a phase, told apart by their address pins.

A question is two bytes, 58H plus the address and AAH; the answer 23: 55H, current, voltage and
fast current of 24 bits, power of 24 bits signed, a pulse count, the mains period, status, and a
checksum: the complement of the sum of all before it, the question's first byte included. Low bytes
first. At 9600 baud that is 24 ms; each chip is asked in turn, a turn lasts 200 ms. Each lives on
its own phase, so a house of one phase has one that answers.

From Belling's data sheet BL0942 V1.06 (formulas of its section on the electrical parameters, and
ESPHome's bl0942 component): I = step * 1.218 / (305978 * RL), V = step * 1.218 * (R1 + R2) /
(73989 * R1 * 1000), P = step * 1.218**2 * (R1 + R2) / (3537 * RL * R1 * 1000), RL in milliohm,
R1 and R2 in kiloohm; frequency = 1000000 / step.
"""

from micropython import const

from drivers.meter_readings import Readings
from drivers.serial_question import SerialQuestion

_ASK = const(0x58)
_WHOLE = const(0xAA)
_HEADER = const(0x55)
_LENGTH = const(23)
_CURRENT = const(1)
_VOLTAGE = const(4)
_POWER = const(10)
_PERIOD = const(16)
_CHECK = const(22)
_TURN_MS = const(200)
_STEPS_OF_A_WATT = const(64_007)  # 305978 * 73989 / 3537 / 100


class Bl0942(Readings):
    """uart: machine.UART with timeout=0. phases: chips, with addresses from 0 on.

    na_per_step, nv_per_step: from the shunt (3981 at 1 milliohm) and the divider (62999 at
    5 * 390 kiloohm to 0.51 kiloohm), corrected by the unit's calibration.
    """

    def __init__(self, uart, phases, na_per_step, nv_per_step):
        super().__init__(phases)
        self._na_per_step = na_per_step
        self._nv_per_step = nv_per_step
        self._uw_per_step = na_per_step * nv_per_step // 1_000 * _STEPS_OF_A_WATT // 10_000_000
        self._questions = [bytes([_ASK | k, _WHOLE]) for k in range(phases)]
        self._serial = SerialQuestion(uart, _LENGTH, timeout_ms=_TURN_MS // 2)
        self._phase = 0
        self._asked = False
        self._turn_ms = _TURN_MS

    def sample(self, closed: int, elapsed_ms: int):
        """Ask, or take what has arrived."""
        self.pass_time(closed, elapsed_ms)
        self._turn_ms += elapsed_ms
        if self._asked:
            self._listen(elapsed_ms)
        elif self._turn_ms >= _TURN_MS:
            self._turn_ms = 0
            self._serial.ask(self._questions[self._phase], _LENGTH)
            self._asked = True

    def _listen(self, elapsed_ms):
        came = self._serial.poll(elapsed_ms)
        if not came:
            return
        self._asked = False
        if came > 0 and self._is_whole() and self._take():
            self.integrate(self._phase)
        else:
            self.refuse()
        self._phase = (self._phase + 1) % self.phases

    def _is_whole(self):
        answer = self._serial.answer
        total = _ASK | self._phase
        for k in range(_CHECK):
            total += answer[k]
        return answer[0] == _HEADER and answer[_CHECK] == ~total & 0xFF

    def _take(self):
        """Keep this phase's values if they are those of a wallbox."""
        answer = self._serial.answer
        mv = _parts(self._number(_VOLTAGE), self._nv_per_step) // 1_000
        ma = _parts(self._number(_CURRENT), self._na_per_step) // 1_000
        watt = self._number(_POWER)
        mw = _parts(watt - (1 << 24) if watt >> 23 else watt, self._uw_per_step)
        if not self.is_plausible(mv, ma, mw):
            return False
        self.take(self._phase, mv, ma, mw)
        period = answer[_PERIOD] | answer[_PERIOD + 1] << 8
        self.accept(100_000_000 // period if period else 0)
        return True

    def _number(self, place):
        answer = self._serial.answer
        return answer[place] | answer[place + 1] << 8 | answer[place + 2] << 16


def _parts(steps, per_step):
    """Return steps * per_step / 1000 without passing 31 bits."""
    whole = steps // 1_000
    return whole * per_step + (steps - whole * 1_000) * per_step // 1_000
