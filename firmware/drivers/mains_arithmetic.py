"""Roots and arcs in integers below 2**30, for whatever meters the mains."""

from micropython import const

_FOLD_CHZ = const(5_556)  # half the rate of 9 ms ticks: frequencies on either side share a cosine
_CHZ_PER_RADIAN = const(3_537)  # of half the angle to it: 100 / (pi * 9 ms)


def root(square: int) -> int:
    """Return the integer square root of square (0..2**30) times 16."""
    if square <= 0:
        return 0
    scaled, shift = square, 4
    while scaled < 1 << 26 and shift:
        scaled <<= 2
        shift -= 1
    guess = 1 << 15
    while True:
        better = (guess + scaled // guess) >> 1
        if better >= guess:
            return guess << shift
        guess = better


def scaled(number: int, factor: int, shift: int) -> int:
    """Return number * factor / (1000 << shift); number to 2**16, factor to 16 million."""
    thousands = factor // 1_000
    whole = number * thousands
    rest = number * (factor - thousands * 1_000) + (whole & (1 << shift) - 1) * 1_000
    return (whole >> shift) + rest // (1_000 << shift)


def thousandth(number: int, factor: int) -> int:
    """Return number * factor / 1000, where that and 1000 * factor are below 2**30."""
    whole = number // 1_000
    return whole * factor + (number - whole * 1_000) * factor // 1_000


def _share(part, whole):
    """Return part / whole in 2**-20, for 0 <= part <= whole < 2**30, inside 31 bits."""
    unit = max(whole >> 10, 1)
    tens = part // unit
    return (tens << 10) + ((part - tens * unit) << 10) // unit


def frequency_of(near: int, square: int, above: int) -> int:
    """Return the frequency in 1/100 Hz from 1 + cos(w T) = near / square. above: past the fold."""
    half = root(min(_share(near, square) >> 1, 1 << 20))  # sine of half the angle, in 2**-14
    cube = half * half >> 14
    angle = half + (half * cube >> 14) // 6 + (half * (cube * cube >> 14) >> 14) * 3 // 40
    away = angle * _CHZ_PER_RADIAN >> 14
    return _FOLD_CHZ + away if above else _FOLD_CHZ - away
