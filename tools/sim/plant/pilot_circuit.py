"""The pilot from the oscillator through 1 kOhm to the car, and back through the ADC.

IEC 61851-1 table A.2/A.3: +-12 V behind 1000 ohm, the car's resistor behind a diode of 0.7 V.
Levels are computed once when something changes; a read only picks one of three and adds noise.
"""

import micropython

from plant.adc_curve import NOISE_MV, QUARTERS, index, pin_mv, read_mv
from plant.dice import NOISES, noises

SOURCE_OHM = 1_000
DIODE_V = 0.7
PERIOD_US = 1_000
EDGE_US = 4  # rise and fall into cable and filter: IEC 61851-1 table A.2
FULL_DUTY = 65_536
UP = 30_000  # this or one more in the noise table is a spike to the upper or lower rail


class PilotCircuit:
    """read_uv is the ADC pin. Set the fields, then call settle().

    cp_ohm: None unplugged. forced_high_v, forced_low_v: None, or the plateau at the pin.
    broken_duty: None, or what the oscillator gives instead of its duty (of FULL_DUTY).
    stuck_uv: None, or what the converter says whatever the pin shows. points: of a bent input, as
    the board has them: (uV read, mV at the pilot).
    """

    def __init__(self, world, curve, dice, zero_mv, mv_per_volt, points=()):
        self._world = world
        self._curve = curve
        self._dice = dice
        self._zero_mv = zero_mv
        self._mv_per_volt = mv_per_volt
        self._points = points
        self._offset_us = dice.throw() % PERIOD_US  # the oscillator's phase against the ticks
        self.rail_v = 12 * dice.within(0.995, 1.005)
        self.cp_ohm = None
        self.diode = 1
        self.earthed = 1
        self.powered = 1
        self.cut = 0
        self.broken_duty = None
        self.stuck_uv = None
        self.forced_high_v = None
        self.forced_low_v = None
        self.spike_ppm = 0
        self.duty = FULL_DUTY
        self._rails = (self._index(self.rail_v), self._index(-self.rail_v))
        self.set_noise(0.01)
        self.set_spikes(0)
        self.settle()

    def set_noise(self, sigma_v):
        """Set the noise at the pilot; the converter's own is added."""
        self.noise_v = sigma_v
        pilot_mv = sigma_v * self._mv_per_volt
        sigma_mv = (pilot_mv * pilot_mv + NOISE_MV * NOISE_MV) ** 0.5
        self._noise = noises(self._dice, sigma_mv * QUARTERS)
        self._covered = []
        self._at = 0

    def set_spikes(self, ppm):
        self.spike_ppm = ppm
        self._at = 0

    def set_rail(self, volts):
        """Set both rails to +-volts."""
        self.rail_v = volts
        self._rails = (self._index(volts), self._index(-volts))
        self.settle()

    def plateau_v(self, source_v):
        """Return the pilot voltage while the source is at source_v."""
        if not self.powered:
            return 0.0
        if self.cp_ohm is None or self.cut or not self.earthed:
            return source_v
        if not self.diode:
            return source_v * self.cp_ohm / (self.cp_ohm + SOURCE_OHM)
        if source_v < 0:
            return source_v
        return (source_v - DIODE_V) * self.cp_ohm / (self.cp_ohm + SOURCE_OHM) + DIODE_V

    def cutter(self, pin):
        """Return the pin that cuts this pilot, by its number; pin: None without one."""
        return {} if pin is None else {pin: Cut(self)}

    def settle(self):
        """Recompute the levels after any change."""
        high_v = self.plateau_v(self.rail_v) if self.forced_high_v is None else self.forced_high_v
        low_v = self.plateau_v(-self.rail_v) if self.forced_low_v is None else self.forced_low_v
        self._high = self._index(high_v)
        self._low = self._index(low_v)
        self._middle = (self._high + self._low) // 2
        duty = self.duty if self.broken_duty is None else self.broken_duty
        self._high_us = duty * PERIOD_US // FULL_DUTY
        self._edge_us = EDGE_US if 0 < duty < FULL_DUTY else 0

    def _index(self, volts):
        if self._points:
            return index(pin_mv(read_mv(self._points, volts * 1_000)))
        return index(self._zero_mv + volts * self._mv_per_volt)

    @micropython.native
    def read_uv(self):
        world = self._world
        now_us = world.now_us + world.read_us
        world.now_us = now_us
        if now_us >= world.next_us:
            world.advance(now_us)
        if self.stuck_uv is not None:
            return self.stuck_uv
        phase_us = (now_us + self._offset_us) % PERIOD_US
        if phase_us < self._high_us:
            level = self._high if phase_us >= self._edge_us else self._middle
        elif phase_us - self._high_us >= self._edge_us:
            level = self._low
        else:
            level = self._middle
        at = self._at - 1
        if at < 0:
            at = self.shuffle()
        self._at = at
        noise = self._noise[at]
        if noise >= UP:
            return self._curve[self._rails[noise & 1]]
        return self._curve[level + noise]

    def shuffle(self):
        """Scatter the spikes anew and start at another place: no pattern to lock to."""
        for at, noise in self._covered:
            self._noise[at] = noise
        self._covered = []
        at = self._dice.gap(self.spike_ppm)
        while at < NOISES:
            self._covered.append((at, self._noise[at]))
            self._noise[at] = UP + (self._dice.throw() & 1)
            at += self._dice.gap(self.spike_ppm)
        return NOISES - 1 - self._dice.throw() % NOISES // 4


class Cut:
    """The pin that cuts the pilot when high; a pull-up holds it until the firmware does."""

    def __init__(self, circuit):
        self.powered = 1
        self._circuit = circuit
        self.write(1)

    def read(self):
        return self.level

    def write(self, level):
        if self.powered:
            self.level = self._circuit.cut = level
            self._circuit.settle()
