"""What a meter's channels can be connected to: a sine of a reference source, or a recording."""

import math
from array import array

import micropython

from plant.adc_curve import MARGIN_MV, NOISE_MV, QUARTERS
from plant.dice import NOISES, noises
from plant.waveforms import RMS_ONE

COARSE_US = 40  # samples further apart are joined by a curve; closer ones by their steps


class Sine:
    """rms: in volts or amperes. shift: of the phase, in turns."""

    def __init__(self, rms, hertz=50.0, shift=0.0):
        self._peak = rms * math.sqrt(2)
        self._turns_per_us = hertz / 1e6
        self._shift = shift

    def at(self, now_us):
        return self._peak * math.sin(2 * math.pi * (now_us * self._turns_per_us - self._shift))


class Cycle:
    """A cycle of plant.waveforms with this RMS, repeated."""

    def __init__(self, points, rms, hertz):
        self._points = points
        self._count = len(points)
        self._scale = rms / RMS_ONE
        self._steps_per_us = hertz * len(points) / 1e6

    def at(self, now_us):
        return self._points[int(now_us * self._steps_per_us) % self._count] * self._scale


class Recording:
    """One column, looped. values: array. step_us: apart, or 0 where times_us says when each is.

    loop_us: from the first sample to its return.
    """

    def __init__(self, values, step_us, times_us, loop_us):
        self._values = values
        self._count = len(values)
        self._step_us = step_us
        self._times_us = times_us
        self._loop_us = loop_us

    @micropython.native
    def at(self, now_us):
        place_us = now_us % self._loop_us
        if not self._step_us:
            return self._between(self._index(place_us), place_us)
        index = min(int(place_us / self._step_us), self._count - 1)
        if self._step_us <= COARSE_US:
            return self._values[index]
        return self._between(index, place_us)

    def _index(self, place_us):
        """Return the last sample not after place_us, by halving."""
        times_us = self._times_us
        first, last = 0, self._count
        while last - first > 1:
            half = (first + last) >> 1
            if times_us[half] <= place_us:
                first = half
            else:
                last = half
        return first

    def _time_us(self, index):
        turns, index = divmod(index, self._count)
        own_us = self._times_us[index] if self._times_us else index * self._step_us
        return own_us + turns * self._loop_us

    def _between(self, index, place_us):
        """Return the cubic through the two neighbours with the slopes of their neighbours."""
        values, count = self._values, self._count
        t0, t1 = self._time_us(index - 1), self._time_us(index)
        t2, t3 = self._time_us(index + 1), self._time_us(index + 2)
        v0, v1 = values[index - 1], values[index]
        v2, v3 = values[(index + 1) % count], values[(index + 2) % count]
        span = t2 - t1
        x = (place_us - t1) / span
        rise_1 = (v2 - v0) / (t2 - t0) * span
        rise_2 = (v3 - v1) / (t3 - t1) * span
        bend = 2 * (v1 - v2) + rise_1 + rise_2
        return v1 + x * (rise_1 + x * (3 * (v2 - v1) - 2 * rise_1 - rise_2 + x * bend))


class Off:
    def at(self, now_us):
        return 0.0


class Sensor:
    """A transformer on one ADC pin. mv_per_one: at the pin, per volt or ampere, with its error.

    lead_us: how far its output runs ahead. source: what at(now_us) says.
    """

    def __init__(self, world, curve, dice, bias_mv, mv_per_one, lead_us=0):
        self._world = world
        self._curve = curve
        self._noise = noises(dice, NOISE_MV * QUARTERS)
        self._dice = dice
        self._bias = (bias_mv + MARGIN_MV) * QUARTERS
        self._scale = mv_per_one * QUARTERS
        self._lead_us = lead_us
        self._at = 0
        self._last = len(curve) - 1
        self.source = Off()

    @micropython.native
    def read_uv(self):
        world = self._world
        now_us = world.now_us + world.read_us
        world.now_us = now_us
        at = self._at - 1
        if at < 0:
            at = self._dice.throw() % NOISES
        self._at = at
        place = self._bias + self.source.at(now_us + self._lead_us) * self._scale
        return self._curve[min(max(int(place) + self._noise[at], 0), self._last)]


def load(path, count, kind="f"):
    """Return an array of count numbers that the host wrote to path."""
    values = array(kind, bytes(count * (8 if kind == "d" else 4)))
    with open(path, "rb") as file:
        file.readinto(values)
    return values
