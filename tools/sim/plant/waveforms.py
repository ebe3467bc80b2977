"""One mains cycle of a car's current as a table of integers.

Point 0 is where the fundamental of the voltage, sin(2*pi*k/points), rises through zero.
"""

import math

from plant.ev_harmonics import HARMONICS

RMS_ONE = 4_096


def names():
    """Return the names of the recorded waveforms."""
    return sorted(HARMONICS)


def table(name, power_factor, points: int = 256):
    """Return one cycle of current whose RMS is RMS_ONE.

    name: None for a sine, lagging by acos(power_factor); else one of names(), shifted in time
    until real over apparent power is power_factor, or as recorded when power_factor is None.
    Raises KeyError on an unknown name.
    """
    rows = ((1, 1.0, -math.acos(power_factor)),) if name is None else _rows(name, power_factor)
    cycle = [_current(rows, 2 * math.pi * k / points - math.pi / 2) for k in range(points)]
    scale = RMS_ONE / math.sqrt(sum(i * i for i in cycle) / points)
    return [round(i * scale) for i in cycle]


def _current(rows, angle):
    """Return the current where the voltage is cos(angle)."""
    return sum(amplitude * math.cos(order * angle + phase) for order, amplitude, phase in rows)


def _rows(name, power_factor):
    rows = [(order, bp / 10_000, math.radians(ddeg / 10)) for order, bp, ddeg in HARMONICS[name]]
    if power_factor is None:
        return rows
    distortion = math.sqrt(sum(amplitude * amplitude for _, amplitude, _ in rows))
    lead = math.acos(min(power_factor * distortion, 1.0))  # only the fundamental carries power
    recorded = rows[0][2]
    shift = (lead if recorded > 0 else -lead) - recorded
    return [(order, amplitude, phase + order * shift) for order, amplitude, phase in rows]
