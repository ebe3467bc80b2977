"""Mains voltage, the car's current and their transformers on the ADC.

One mains period is a table of 256 points; a read picks the point of its moment. The third that a
phase lags the one before is in its start point.
"""

import math

import micropython

from plant import waveforms
from plant.adc_curve import MARGIN_MV, NOISE_MV, QUARTERS
from plant.dice import NOISES, noises

POINTS = 256
RMS_ONE = 4_096  # what waveforms.table calls an RMS of 1
SHIFT = 24
SCALE = 16


def sine():
    return waveforms.table(None, 1.0, POINTS)


class Channel:
    """One transformer on one ADC pin. level: what an RMS of 1 in the table is in table steps."""

    def __init__(self, world, curve, dice, bias_mv, start):
        self._world = world
        self._curve = curve
        self._noise = noises(dice, NOISE_MV * QUARTERS)
        self._dice = dice
        self._bias = int((bias_mv + MARGIN_MV) * QUARTERS)
        self._start = start
        self._at = 0
        self._last = len(curve) - 1
        self.step = 0
        self.points = sine()
        self.level = 0

    def show(self, rms_mv: float):
        """Set the RMS voltage at the pin."""
        self.level = int(rms_mv * QUARTERS * (1 << SCALE) / RMS_ONE)

    @micropython.native
    def read_uv(self):
        world = self._world
        now_us = world.now_us + world.read_us
        world.now_us = now_us
        if now_us >= world.next_us:
            world.advance(now_us)
        point = self.points[(now_us * self.step >> SHIFT) + self._start & 255]
        at = self._at - 1
        if at < 0:
            at = self._dice.throw() % NOISES
        self._at = at
        place = self._bias + (point * self.level >> SCALE) + self._noise[at]
        return self._curve[min(max(place, 0), self._last)]


class Mains:
    """volts, amps: RMS per phase; amps flow only while told so by carry().

    true_mws: the energy that really flowed, for judging the meter.
    """

    def __init__(self, world, curve, dice, bias_mv, mv_per_amp, mv_per_volt):
        starts = (0, 2 * POINTS // 3 + 1, POINTS // 3)
        self._world = world
        self._mv_per_amp = mv_per_amp
        self._mv_per_volt = mv_per_volt
        self.voltages = [Channel(world, curve, dice, bias_mv, start) for start in starts]
        self.currents = [Channel(world, curve, dice, bias_mv, start) for start in starts]
        self.volts = [230.0] * 3
        self.amps = [0.0] * 3
        self.watts = 0.0
        self.true_mws = 0.0
        self._phase_mws = [0.0] * 3
        self._since_us = 0
        self._waveform = (None, 1.0)
        self._factor = 1.0
        self.set_hertz(50.0)
        self.set_volts([230.0] * 3)

    def set_hertz(self, hertz: float):
        self.hertz = hertz
        for channel in self.voltages + self.currents:
            channel.step = int(hertz * POINTS * (1 << SHIFT) / 1e6 + 0.5)

    def set_volts(self, volts):
        self._count()
        self.volts = volts
        for channel, rms_v in zip(self.voltages, volts):
            channel.show(rms_v * self._mv_per_volt)
        self._sum()

    def carry(self, amps, waveform, power_factor):
        """Let these RMS currents flow from now on. waveform: name or None for a sine."""
        self._count()
        if (waveform, power_factor) != self._waveform:
            self._waveform = (waveform, power_factor)
            points = waveforms.table(waveform, power_factor, POINTS)
            self._factor = _true_factor(points)
            for channel in self.currents:
                channel.points = points
        self.amps = amps
        for channel, rms_a in zip(self.currents, amps):
            channel.show(rms_a * self._mv_per_amp)
        self._sum()

    def settled_mws(self) -> float:
        """Return the true energy up to now."""
        self._count()
        return self.true_mws

    def settled_phase_mws(self):
        """Return the same by phase."""
        self._count()
        return self._phase_mws

    def phase_watts(self):
        return [v * i * self._factor for v, i in zip(self.volts, self.amps)]

    def _count(self):
        now_us = self._world.now_us
        span_ms = (now_us - self._since_us) / 1_000
        self.true_mws += self.watts * span_ms
        for phase, watts in enumerate(self.phase_watts()):
            self._phase_mws[phase] += watts * span_ms
        self._since_us = now_us

    def _sum(self):
        self.watts = sum(self.phase_watts())


def _true_factor(points):
    """Return real over apparent power of a current table against a sine voltage."""
    total = 0.0
    squares = 0.0
    for k in range(POINTS):
        total += points[k] * math.sin(2 * math.pi * k / POINTS)
        squares += points[k] * points[k]
    return total / POINTS * math.sqrt(2) / math.sqrt(squares / POINTS)
