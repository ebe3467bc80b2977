"""MicroPython's time module over the simulated clock; found before the built-in one."""

from array import array

import utime
import world

_MASK = 0x3FFF_FFFF  # its successor is a big integer on 32 bits, as now_us soon is
_small = array("i", [0])
_EPOCH_S = 820_454_400  # 2026-01-01 counted from 2000, so that wall time is plausible


def ticks_ms():
    return _of_a_word(world.current.now_us // 1_000 & _MASK)


def ticks_us():
    return _of_a_word(world.current.now_us & _MASK)


def _of_a_word(ticks):
    """Return the same number as a small integer, as the chip's ticks are."""
    _small[0] = ticks
    return _small[0]


if utime.ticks_add(_MASK, 1) == 0:  # the port's own wrap as the chip's
    from utime import ticks_add, ticks_diff  # noqa: F401
else:

    def ticks_add(ticks, delta):
        return ticks + delta & _MASK

    def ticks_diff(end, start):
        return (end - start + 0x2000_0000 & _MASK) - 0x2000_0000


def sleep_ms(span_ms):
    world.current.sleep_us(span_ms * 1_000)


def sleep_us(span_us):
    world.current.sleep_us(span_us)


def sleep(span_s):
    world.current.sleep_us(int(span_s * 1_000_000))


def time():
    return _EPOCH_S + world.current.now_us // 1_000_000


gmtime = utime.gmtime
localtime = utime.localtime
