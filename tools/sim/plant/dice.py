"""Chance, the same on every interpreter: a small generator and what is drawn from it."""

import math
from array import array

NOISES = 8_192


class Dice:
    """A 32-bit xorshift. Same seed, same throws, on MicroPython and CPython."""

    def __init__(self, seed: int):
        self._state = (seed * 2_654_435_761 + 88_172_645) & 0xFFFFFFFF or 1
        for _ in range(8):
            self.throw()

    def throw(self) -> int:
        """Return 0..2**32-1."""
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return x

    def within(self, low: float, high: float) -> float:
        return low + (high - low) * self.throw() / 4_294_967_296

    def gaussian(self) -> float:
        radius = math.sqrt(-2 * math.log((self.throw() + 1) / 4_294_967_297))
        return radius * math.cos(2 * math.pi * self.throw() / 4_294_967_296)

    def gap(self, ppm: int) -> int:
        """Return how many reads until the next event that hits ppm of a million reads."""
        if ppm <= 0:
            return 1 << 60
        return 1 + int(math.log((self.throw() + 1) / 4_294_967_297) / math.log(1 - ppm / 1e6))


def noises(dice: Dice, sigma: float):
    """Return NOISES draws of a normal distribution, rounded to whole table steps."""
    values = array("h")
    for _ in range(NOISES):
        value = dice.gaussian() * sigma
        values.append(int(value + 0.5) if value >= 0 else -int(0.5 - value))
    return values
