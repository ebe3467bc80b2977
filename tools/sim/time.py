"""MicroPython's time module over the simulated clock; found before the built-in one."""

import utime
import world

_PERIOD = 1 << 30
_EPOCH_S = 820_454_400  # 2026-01-01 counted from 2000, so that wall time is plausible


def ticks_ms():
    return world.current.now_us // 1_000 & (_PERIOD - 1)


def ticks_us():
    return world.current.now_us & (_PERIOD - 1)


def ticks_add(ticks, delta):
    return ticks + delta & (_PERIOD - 1)


def ticks_diff(end, start):
    return (end - start + _PERIOD // 2 & (_PERIOD - 1)) - _PERIOD // 2


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
