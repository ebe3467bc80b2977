"""MicroPython's time over lean/clock.py: time moves, whoever sleeps waits a part of it."""

import clock
import utime

REAL_US = 300  # of each millisecond slept: a real broker must have a chance to answer
_PERIOD = 1 << 30
gmtime = utime.gmtime
localtime = utime.localtime


def ticks_ms():
    return clock.now_us // 1_000 & (_PERIOD - 1)


def ticks_us():
    return clock.now_us & (_PERIOD - 1)


def ticks_add(ticks, delta):
    return ticks + delta & (_PERIOD - 1)


def ticks_diff(end, start):
    return (end - start + _PERIOD // 2 & (_PERIOD - 1)) - _PERIOD // 2


def sleep_ms(span_ms):
    utime.sleep_us(span_ms * REAL_US)
    clock.now_us += span_ms * 1_000


def sleep_us(span_us):
    clock.now_us += span_us


def sleep(span_s):
    clock.now_us += int(span_s * 1_000_000)


def time():
    return clock.now_us // 1_000_000
