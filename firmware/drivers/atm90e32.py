"""The Microchip (Atmel) ATM90E32AS, a three-phase metering chip on SPI.

Each tick reads one register and then LastSPIData (78H), which repeats what the chip believes it
sent: two reads that differ are a bad wire, and the round is refused. A round is 14 ticks, 126 ms.
MeterEn (00H) is part of it: a chip that lost its supply has forgotten its gains and is set up
again, one register a tick. The chip averages RMS and power over its own 16 cycles.

Registers and steps, from Atmel's data sheet M90E32AS as ESPHome's atm90e32 component uses them:
Urms 0.01 V, Irms 1 mA, Pmean 32 bits of 0.32 mW in two registers, Freq 0.01 Hz; a read has bit 15
of the address set, words come high byte first, SPI mode 3, 200 kHz are always safe.
"""

from micropython import const

from drivers.meter_readings import Readings

_READ = const(0x80)
_METER_EN = const(0x00)
_LAST_SPI = const(0x78)
_ACCESS = const(0x7F)
_RESET = const(0x70)
_MODE_0 = const(0x33)
_MODE_1 = const(0x34)
# bit 12; three phases, four wires
_MODE_50_HZ = const(0x0185)
_MODE_60_HZ = const(0x1185)
_U_GAINS = const((0x61, 0x65, 0x69))
_I_GAINS = const((0x62, 0x66, 0x6A))
# phase A, then B, C
_U_RMS = const(0xD9)
_I_RMS = const(0xDD)
_P_MEAN = const(0xB1)
_P_MEAN_LSB = const(0xC1)
_FREQ = const(0xF8)
_RESET_WORD = const(0x789A)
_UNLOCK = const(0x55AA)
_LOCK = const(0x0000)


class Atm90e32(Readings):
    """spi: machine.SPI, mode 3. select: machine.Pin, low while talking. u_gain, i_gain: of the
    chip's gain registers, per phase, from the unit's calibration. pga: gain of the current inputs.
    """

    def __init__(self, spi, select, u_gain, i_gain, pga=0, mains_hz=50):
        super().__init__(len(i_gain))
        self._spi = spi
        self._select = select
        self._command = bytearray(2)
        self._word = bytearray(2)
        phases = range(self.phases)
        mode = _MODE_60_HZ if mains_hz == 60 else _MODE_50_HZ
        self._setup = [(_RESET, _RESET_WORD), (_ACCESS, _UNLOCK), (_METER_EN, 1)]
        self._setup += [(_MODE_0, mode), (_MODE_1, pga)]
        self._setup += [(_U_GAINS[k], u_gain[k]) for k in phases]
        self._setup += [(_I_GAINS[k], i_gain[k]) for k in phases]
        self._setup += [(_ACCESS, _LOCK)]
        self._round = [_METER_EN]
        for k in phases:
            self._round += [_U_RMS + k, _I_RMS + k, _P_MEAN + k, _P_MEAN_LSB + k]
        self._round += [_FREQ]
        self._values = [0] * len(self._round)
        self._place = -len(self._setup)  # below 0 in the setup, from 0 on in the round
        select(1)

    def sample(self, closed: int, elapsed_ms: int):
        """Talk about one register; at the end of a round renew the results."""
        self.pass_time(closed, elapsed_ms)
        if self._place < 0:
            row = self._setup[self._place]
            self._write(row[0], row[1])
            self._place += 1
            return
        value = self._read(self._round[self._place])
        if value != self._read(_LAST_SPI):
            self._start_over()
        elif self._place == 0 and value != 1:
            self._start_over()
            self._place = -len(self._setup)
        else:
            self._values[self._place] = value
            self._place += 1
            if self._place == len(self._round):
                self._place = 0
                self._conclude()

    def _start_over(self):
        self.refuse()
        self._place = 0

    def _conclude(self):
        for phase in range(self.phases):
            if not self.is_plausible(self._mv(phase), self._ma(phase), self._mw(phase)):
                self.refuse()
                return
        for phase in range(self.phases):
            self.take(phase, self._mv(phase), self._ma(phase), self._mw(phase))
            self.integrate(phase)
        self.accept(self._values[-1])

    def _mv(self, phase):
        return self._values[1 + 4 * phase] * 10

    def _ma(self, phase):
        return self._values[2 + 4 * phase]

    def _mw(self, phase):
        """0.32 mW a step; the high word alone is 65536 of them, 20971.52 mW."""
        high = self._values[3 + 4 * phase]
        if high >= 0x8000:
            high -= 0x10000
        return high * 20_971 + high * 13 // 25 + self._values[4 + 4 * phase] * 8 // 25

    def _read(self, register):
        self._command[0] = _READ
        self._command[1] = register
        self._select(0)
        self._spi.write(self._command)
        self._spi.readinto(self._word)
        self._select(1)
        return self._word[0] << 8 | self._word[1]

    def _write(self, register, value):
        self._command[0] = 0
        self._command[1] = register
        self._word[0] = value >> 8
        self._word[1] = value & 0xFF
        self._select(0)
        self._spi.write(self._command)
        self._spi.write(self._word)
        self._select(1)
