"""Sample a three-phase meter many times: micropython meter_cost.py TICKS, for callgrind.

The converters are constants of the port's own, so that only the meter's code is counted.
"""

import sys

import micropython

from drivers.mains_meter import MainsMeter


class Converter:
    read_uv = staticmethod(micropython.stack_use)  # any number, by one call into C


def main(ticks):
    converters = [Converter() for _ in range(3)]
    meter = MainsMeter(converters, converters, 0, 50_000, 330)
    for _ in range(ticks):
        meter.sample(1, 9)


main(int(sys.argv[1]))
