"""MicroPython's machine module for the virtual box: pins and converters end in the plant.

Only what the ESP32 port offers, with its refusals: hard interrupts raise, a PWM is truncated to
the timer's resolution, an ADC outside its range saturates. `plant` is set before the firmware.
"""

import micropython
import world

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
plant = None
ACCESS_US = 5


class Pin:
    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_UP, PULL_DOWN = 2, 1
    IRQ_RISING, IRQ_FALLING = 1, 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self.id = id
        self._world = world.current
        self._node = plant.node(id)
        if value is not None:
            self._node.write(value)

    @micropython.native
    def value(self, level=None):
        clock = self._world
        clock.now_us = clock.now_us + ACCESS_US
        node = self._node
        if level is None:
            return node.read()
        if node.level != level:
            node.write(1 if level else 0)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def irq(self, handler=None, trigger=3, *, hard=False):
        if hard:
            raise ValueError("hard interrupts are not supported")


class ADC:
    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = range(4)

    def __init__(self, pin, *, atten=ATTN_11DB):
        self.read_uv = plant.channel(pin.id).read_uv

    def read_u16(self):
        return self.read_uv() * 65_535 // 3_300_000


class PWM:
    def __init__(self, pin, *, freq=1_000, duty_u16=0):
        self._node = plant.node(pin.id)
        self.duty_u16(duty_u16)

    def duty_u16(self, duty=None):
        """LEDC: 65535 is promoted to a full period; everything else loses its lowest bits."""
        if duty is None:
            return self._duty
        if not 0 <= duty <= 65_535:
            raise ValueError("duty must be 0 to 65535")
        self._duty = duty
        lost = 16 - plant.duty_bits
        self._node.write(65_536 if duty == 65_535 else duty >> lost << lost)

    def freq(self):
        return 1_000

    def deinit(self):
        pass


class WDT:
    """One a chip, however many objects: a soft reset leaves it counting, a new object feeds it."""

    def __init__(self, id=0, timeout=5_000):
        plant.watchdog_us = timeout * 1_000
        self._boot = plant.boots
        plant.watchdog = self  # the last one made looks when its time is over
        self.feed()
        self._watch()

    def feed(self):
        plant.fed_us = world.current.now_us

    def _watch(self):
        if self._boot != plant.boots or plant.watchdog is not self:
            return  # the chip that counted has lost its supply; or another one looks
        due_us = plant.fed_us + plant.watchdog_us
        if world.current.now_us >= due_us:
            plant.reset(WDT_RESET)
        else:
            world.current.at(due_us, self._watch)


class Timer:
    ONE_SHOT, PERIODIC = 0, 1

    def __init__(self, id):
        self._callback = None
        self._boot = plant.boots

    def init(self, *, mode=PERIODIC, period=-1, callback=None, hard=False):
        if hard:
            raise ValueError("hard timers are not supported")
        self._callback = callback
        self._again = mode == Timer.PERIODIC
        self._period_us = period * 1_000
        world.current.at(world.current.now_us + self._period_us, self._fire)

    def _fire(self):
        if self._callback and self._boot == plant.boots:
            self._callback(self)
            if self._again:
                world.current.at(world.current.now_us + self._period_us, self._fire)

    def deinit(self):
        self._callback = None


class RTC:
    def memory(self, record=None):
        if record is None:
            return plant.rtc_memory
        if len(record) > 2_048:
            raise ValueError("buffer too long")
        plant.rtc_memory = bytes(record)

    def datetime(self, when=None):
        import time

        if when is not None:
            plant.rtc_set = when  # by which a board's TLS library judges certificates
            return None
        year, month, day, hour, minute, second, weekday, _ = time.localtime(time.time())[:8]
        return (year, month, day, weekday, hour, minute, second, 0)


class _Absent:
    """A bus with nothing on it: every transfer times out, as on a bare board."""

    def __init__(self, *args, **kwargs):
        pass

    def any(self):
        return 0

    def read(self, *args):
        return None

    def write(self, buf):
        return len(buf)

    def readfrom_mem_into(self, *args, **kwargs):
        raise OSError(19)

    def readfrom_into(self, *args, **kwargs):
        raise OSError(19)

    def writeto(self, *args, **kwargs):
        raise OSError(19)

    def scan(self):
        return []

    def readinto(self, buf, *args):
        return None

    def txdone(self):
        return True

    def write_readinto(self, out, into):
        for k in range(len(into)):
            into[k] = 0xFF


class UART:
    """What is on the line is the plant's; without anything there is silence."""

    def __new__(cls, id, *, baudrate=9_600, tx=None, rx=None, timeout=0):
        return plant.line(rx and rx.id, baudrate) or _Absent()


class SPI:
    def __new__(
        cls, id, *, baudrate=1_000_000, polarity=0, phase=0, sck=None, mosi=None, miso=None
    ):
        return plant.line(miso and miso.id, baudrate) or _Absent()


I2C = SoftI2C = SoftSPI = _Absent


def reset_cause():
    return plant.reset_cause


def unique_id():
    return b"virtual" + bytes([plant.seed & 0xFF])


def reset():
    plant.reset(HARD_RESET)
    world.current.leave_dead()


soft_reset = reset
