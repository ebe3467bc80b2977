"""machine without a plant: a car in three levels, a contactor that obeys, everything else at rest.

Stands in for the chip where the firmware's own memory is measured. clock.now_us moves with every
read, as on the board; `car` chooses what the pilot shows while its oscillator is high.
"""

from array import array
from math import pi, sin

import board
import clock

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
READ_US = 35
A_MV, B_MV, C_MV, E_MV = 12_000, 9_000, 6_000, 0
LOW_MV = -12_000
REST_UV = 1_300_000
PERIOD_US = 20_000
CABLE_UV = 595_000  # 220 ohm under 1 kohm to 3.3 V
levels = {}  # pin: its level
follows = {}  # input pin: the output it repeats
memory = b""


def wire():
    """Let every input of the board repeat the output that causes it."""
    for name, key, cause in (
        ("CONTACTOR", "feedback", "request"),
        ("RESIDUAL_CURRENT", "dc", "test"),
        ("RESIDUAL_CURRENT", "ac", "test"),
        ("CONNECTOR_LOCK", "switch", "lock"),
        ("LOCK_MOTOR", "switch", "shut"),
    ):
        part = getattr(board, name, {})
        if key in part:
            follows[part[key]] = part.get(cause)
    levels[getattr(board, "EARTH_MONITOR", {}).get("ok")] = 1
    levels[getattr(board, "BUTTON", {}).get("pin")] = 1


class Pin:
    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_UP, PULL_DOWN = 2, 1

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self.id = id
        if value is not None:
            levels[id] = value

    def value(self, level=None):
        if level is None:
            return levels.get(follows.get(self.id, self.id), 0)
        levels[self.id] = level

    __call__ = value


class Pilot:
    """What the converter sees of the oscillator: uv is the high plateau, low_uv the other."""

    def __init__(self):
        part = board.CONTROL_PILOT
        self._points = part.get("points", ())
        self._zero_uv = part["zero_uv"]
        self._gain = part["gain_permille"]
        self.high_us = 1_000
        self.low_uv = self.uv_at(LOW_MV)
        self.show(A_MV)

    def show(self, mv):
        self.uv = self.uv_at(mv)

    def uv_at(self, mv):
        for k in range(1, len(self._points)):
            (uv0, mv0), (uv1, mv1) = self._points[k - 1], self._points[k]
            if mv <= mv1 or k == len(self._points) - 1:
                return uv0 + (uv1 - uv0) // 1_000 * (mv - mv0) // (mv1 - mv0) * 1_000
        return self._zero_uv + mv * 1_000 // self._gain * 1_000

    def read_uv(self):
        clock.now_us += READ_US
        # one unit up and down: a converter that never moves is taken for stuck
        level = self.uv if clock.now_us % 1_000 < self.high_us else self.low_uv
        return level + (clock.now_us & 1) * 500


pilot = Pilot()


def wave(part):
    """Return a period of 230 V as the converter shows it, in 64 pieces of microvolts."""
    peak_uv = 230 * 2**0.5 * 1_000_000 / part["ratio"]
    return array("i", [int(part["bias_uv"] + peak_uv * sin(k * pi / 32)) for k in range(64)])


def mains_uv():
    clock.now_us += READ_US
    return mains[clock.now_us % PERIOD_US * 64 // PERIOD_US]


mains = wave(board.MAINS_METER) if hasattr(board, "MAINS_METER") else ()


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, *, atten=3):
        self._uv = getattr(board, "MAINS_METER", {}).get("bias_uv", REST_UV)
        if pin.id == board.CONTROL_PILOT["adc"]:
            self.read_uv = pilot.read_uv
        elif pin.id in getattr(board, "MAINS_METER", {}).get("voltages", ()):
            self.read_uv = mains_uv
        elif pin.id == getattr(board, "PROXIMITY", {}).get("adc"):
            self._uv = CABLE_UV
        elif pin.id == getattr(board, "THERMOMETER", {}).get("adc"):
            self._uv = board.THERMOMETER["zero_uv"] + 250 * board.THERMOMETER["uv_per_dc"]

    def read_uv(self):
        clock.now_us += READ_US
        return self._uv


class PWM:
    def __init__(self, pin, *, freq=1_000, duty_u16=0):
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        pilot.high_us = duty * 1_000 // 65_535


class Bus:
    """UART, SPI or I2C with nobody at the other end."""

    def __init__(self, *args, **kwargs):
        pass

    def any(self):
        return 0

    def readinto(self, buf):
        return None

    def write(self, buf):
        return len(buf)

    def write_readinto(self, out, into):
        into[:] = out


UART = SPI = I2C = Bus


class Timer:
    ONE_SHOT, PERIODIC = 0, 1

    def __init__(self, id):
        pass

    def init(self, **kwargs):
        pass


class WDT:
    def __init__(self, id=0, timeout=5_000):
        pass

    def feed(self):
        pass


class RTC:
    def datetime(self, when=None):
        return (2026, 1, 1, 3, 0, 0, 0, 0)

    def memory(self, record=None):
        global memory  # noqa: PLW0603, one chip, one memory
        if record is None:
            return memory
        memory = bytes(record)


def reset_cause():
    return PWRON_RESET


def reset():
    raise SystemExit


def unique_id():
    return b"lean\0\0"


wire()
