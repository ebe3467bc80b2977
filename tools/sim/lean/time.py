"""MicroPython's time over lean/clock.py: time moves, whoever sleeps waits a part of it."""

import clock
import utime

REAL_US = 300  # of each millisecond slept: a real broker must have a chance to answer
_MASK = 0x3FFF_FFFF  # its successor is a big integer on 32 bits
gmtime = utime.gmtime
localtime = utime.localtime

if utime.ticks_add(_MASK, 1) == 0:  # the port's own wrap as the chip's
    from utime import ticks_add, ticks_diff  # noqa: F401
else:

    def ticks_add(ticks, delta):
        return ticks + delta & _MASK

    def ticks_diff(end, start):
        return (end - start + 0x2000_0000 & _MASK) - 0x2000_0000


def ticks_ms():
    return clock.now_us // 1_000 & _MASK


def ticks_us():
    return clock.now_us & _MASK


def sleep_ms(span_ms):
    utime.sleep_us(span_ms * REAL_US)
    clock.now_us += span_ms * 1_000


def sleep_us(span_us):
    clock.now_us += span_us


def sleep(span_s):
    clock.now_us += int(span_s * 1_000_000)


def time():
    return clock.now_us // 1_000_000
