"""From the board's table to living drivers. The only place that knows pin numbers.

A part that the board lacks is None; whoever uses it asks for that, never for the board's name.
Imported to compose the box and forgotten afterwards, and no driver before a part wants it.
"""

from collections import namedtuple

from board_schema import CHIPS, check
from machine import ADC, PWM, SPI, UART, WDT, Pin

from drivers.clock import Clock
from drivers.contactor import Contactor
from drivers.control_pilot import TRUST_MV, ControlPilot
from drivers.watchdog import Watchdog

PILOT_HZ = 1_000
CHIP_BAUD = 200_000  # what every board layout of the ATM90E32 in the field carries
METER_BAUD = 9_600


# a tuple: methods would keep this whole module in memory
Wiring = namedtuple(
    "Wiring",
    ("contactor", "pilot", "proximity", "residual_current", "meter", "thermometer")
    + ("earth", "lock", "shunt_trip", "led", "button", "clock", "watchdog"),
)


def wired(board):
    """Return all drivers of one board. Raises ValueError if the board's table is wrong."""
    check(board)
    contactor = board.CONTACTOR
    clock = Clock()
    return Wiring(
        contactor=Contactor(
            _output(contactor["request"]),
            _input(contactor.get("feedback"), contactor.get("pull")),
            contactor.get("closed_level", 1),
        ),
        pilot=_pilot(board.CONTROL_PILOT, CHIPS[board.CHIP][0], clock),
        proximity=_optional(board, "PROXIMITY", _proximity),
        residual_current=_optional(board, "RESIDUAL_CURRENT", _residual_current),
        meter=_meter(board),
        thermometer=_optional(board, "THERMOMETER", _thermometer),
        earth=_optional(board, "EARTH_MONITOR", _earth),
        lock=_optional(board, "CONNECTOR_LOCK", _lock)
        or _optional(board, "LOCK_MOTOR", _lock_motor),
        shunt_trip=_optional(board, "SHUNT_TRIP", _shunt_trip),
        led=_optional(board, "STATUS_LED", _led),
        button=_optional(board, "BUTTON", _button),
        clock=clock,
        watchdog=Watchdog(WDT),
    )


def _optional(board, name, build):
    part = getattr(board, name, None)
    return build(part) if part else None


def _output(pin):
    return None if pin is None else Pin(pin, Pin.OUT, value=0)


def _input(pin, pull=None):
    """pull: "up", "down" or None. What a broken wire reads is the board's choice."""
    if pin is None:
        return None
    if pull is None:
        return Pin(pin, Pin.IN)
    return Pin(pin, Pin.IN, Pin.PULL_UP if pull == "up" else Pin.PULL_DOWN)


def _adc(pin):
    return ADC(Pin(pin), atten=ADC.ATTN_11DB)


def _pilot(part, duty_bits, clock):
    _output(part.get("disconnect"))  # low: the pilot reaches the car
    pwm = PWM(Pin(part["pwm"]), freq=PILOT_HZ, duty_u16=65_535)
    trust_mv = part.get("trust_mv", TRUST_MV)
    line = (pwm, _adc(part["adc"]), part["zero_uv"], part["gain_permille"], clock.ticks_us)
    if "points" not in part:
        return ControlPilot(*line, duty_bits, trust_mv)
    from drivers.bent_pilot import BentPilot

    return BentPilot(part["points"], *line, duty_bits, trust_mv)


def _proximity(part):
    from drivers.proximity import Proximity

    return Proximity(_adc(part["adc"]), part["pull_up_ohm"], part["supply_mv"])


def _residual_current(part):
    from drivers.residual_current import ResidualCurrent

    test = _output(part.get("test"))
    pull = part.get("pull")
    direct, alternating = _input(part["dc"], pull), _input(part.get("ac"), pull)
    return ResidualCurrent(direct, alternating, test, part.get("trip_level", 1))


def _meter(board):
    """Return the board's meter of whichever kind. What it does not have is never loaded."""
    meter = _optional(board, "MAINS_METER", adc_meter)
    if hasattr(board, "METER_ATM90E32"):
        meter = _metering_chip(board.METER_ATM90E32, board.PHASES)
    elif hasattr(board, "METER_BL0942"):
        meter = _metering_chips(board.METER_BL0942)
    elif hasattr(board, "METER_SDM630"):
        meter = _modbus_meter(board.METER_SDM630, board.PHASES)
    return meter


def _metering_chip(part, phases):
    from drivers.atm90e32 import Atm90e32

    spi = SPI(
        part["spi"],
        baudrate=CHIP_BAUD,
        polarity=1,
        phase=1,
        sck=Pin(part["sck"]),
        mosi=Pin(part["mosi"]),
        miso=Pin(part["miso"]),
    )
    select = Pin(part["select"], Pin.OUT, value=1)
    gains = [part["u_gain"]] * phases, [part["i_gain"]] * phases
    return Atm90e32(spi, select, *gains, part.get("pga", 0), part.get("mains_hz", 50))


def _metering_chips(part):
    from drivers.bl0942 import Bl0942

    uart = _uart(part, METER_BAUD)
    return Bl0942(uart, part["chips"], part["na_per_step"], part["nv_per_step"])


def _modbus_meter(part, phases):
    from drivers.sdm630 import Sdm630

    uart = _uart(part, part.get("baud", METER_BAUD))
    enable = _output(part.get("enable"))
    counts = part.get("counts_phases", 1)
    return Sdm630(uart, phases, part.get("address", 1), enable, counts)


def _uart(part, baud):
    return UART(part["uart"], baudrate=baud, tx=Pin(part["tx"]), rx=Pin(part["rx"]), timeout=0)


def adc_meter(part, phases=3):
    """Return the meter of a board's MAINS_METER, or of its first phases."""

    from drivers.mains_meter import MainsMeter

    currents = [_adc(pin) for pin in part["currents"][:phases]]
    voltages = [_adc(pin) for pin in part["voltages"][:phases]]
    return MainsMeter(currents, voltages, part["bias_uv"], part["ua_per_mv"], part["ratio"])


def _thermometer(part):
    from drivers.thermometer import Thermometer

    return Thermometer(_adc(part["adc"]), part["zero_uv"], part["uv_per_dc"])


def _earth(part):
    return _input(part["ok"], part.get("pull"))


def _lock(part):
    from drivers.connector_lock import ConnectorLock

    return ConnectorLock(_output(part["lock"]), _input(part.get("switch")))


def _lock_motor(part):
    from drivers.lock_motor import LockMotor

    return LockMotor(
        _output(part["shut"]),
        _output(part["open"]),
        part["pulse_ms"],
        _input(part.get("switch")),
        part.get("shut_level", 1),
    )


def _shunt_trip(part):
    return _output(part["trip"])


def _button(part):
    from drivers.push_button import PushButton

    return PushButton(Pin(part["pin"], Pin.IN, Pin.PULL_UP), part.get("pressed_level", 0))


def _led(part):
    from drivers.status_led import StatusLed

    return StatusLed(*[_output(part[colour]) for colour in ("red", "green", "blue")])
