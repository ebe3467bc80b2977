"""From the board's table to living drivers. The only place that knows pin numbers.

A part that the board lacks is None; whoever uses it asks for that, never for the board's name.
Imported to compose the box and forgotten afterwards, and no driver before a part wants it.
"""

from collections import namedtuple

from board_schema import CHIPS, check
from machine import ADC, PWM, WDT, Pin
from micropython import const

from drivers.clock import Clock
from drivers.contactor import Contactor
from drivers.control_pilot import TRUST_MV, ControlPilot
from drivers.watchdog import Watchdog

_PILOT_HZ = const(1_000)


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
        pilot=_pilot_of(board.CONTROL_PILOT, CHIPS[board.CHIP][0], clock),
        proximity=_optional(board, "PROXIMITY", _proximity_of),
        residual_current=_optional(board, "RESIDUAL_CURRENT", _residual_current_of),
        meter=_meter(board),
        thermometer=_optional(board, "THERMOMETER", _thermometer_of),
        earth=_optional(board, "EARTH_MONITOR", _earth_of),
        lock=_optional(board, "CONNECTOR_LOCK", _lock_of)
        or _optional(board, "LOCK_MOTOR", _lock_motor_of),
        shunt_trip=_optional(board, "SHUNT_TRIP", _shunt_trip_of),
        led=_optional(board, "STATUS_LED", _led_of),
        button=_optional(board, "BUTTON", _button_of),
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


def _pilot_of(part, duty_bits, clock):
    _output(part.get("disconnect"))  # low: the pilot reaches the car
    pwm = PWM(Pin(part["pwm"]), freq=_PILOT_HZ, duty_u16=65_535)
    trust_mv = part.get("trust_mv", TRUST_MV)
    line = (pwm, _adc(part["adc"]), part["zero_uv"], part["gain_permille"], clock.ticks_us)
    if "points" not in part:
        return ControlPilot(*line, duty_bits, trust_mv)
    from drivers.bent_pilot import BentPilot

    return BentPilot(part["points"], *line, duty_bits, trust_mv)


def _proximity_of(part):
    from drivers.proximity import Proximity

    return Proximity(_adc(part["adc"]), part["pull_up_ohm"], part["supply_mv"])


def _residual_current_of(part):
    from drivers.residual_current import ResidualCurrent

    test = _output(part.get("test"))
    pull = part.get("pull")
    direct, alternating = _input(part["dc"], pull), _input(part.get("ac"), pull)
    return ResidualCurrent(direct, alternating, test, part.get("trip_level", 1))


def _meter(board):
    """Return the board's meter of whichever kind. What it does not have is never loaded."""
    if hasattr(board, "MAINS_METER"):
        return adc_meter(board.MAINS_METER)
    if any(name.startswith("METER_") for name in dir(board)):
        from bus_meters import bus_meter

        return bus_meter(board)
    return None


def adc_meter(part, phases=3):
    """Return the meter of a board's MAINS_METER, or of its first phases."""

    from drivers.mains_meter import MainsMeter

    currents = [_adc(pin) for pin in part["currents"][:phases]]
    voltages = [_adc(pin) for pin in part["voltages"][:phases]]
    return MainsMeter(currents, voltages, part["bias_uv"], part["ua_per_mv"], part["ratio"])


def _thermometer_of(part):
    from drivers.thermometer import Thermometer

    return Thermometer(_adc(part["adc"]), part["zero_uv"], part["uv_per_dc"])


def _earth_of(part):
    return _input(part["ok"], part.get("pull"))


def _lock_of(part):
    from drivers.connector_lock import ConnectorLock

    return ConnectorLock(_output(part["lock"]), _input(part.get("switch")))


def _lock_motor_of(part):
    from drivers.lock_motor import LockMotor

    return LockMotor(
        _output(part["shut"]),
        _output(part["open"]),
        part["pulse_ms"],
        _input(part.get("switch")),
        part.get("shut_level", 1),
    )


def _shunt_trip_of(part):
    return _output(part["trip"])


def _button_of(part):
    from drivers.push_button import PushButton

    return PushButton(Pin(part["pin"], Pin.IN, Pin.PULL_UP), part.get("pressed_level", 0))


def _led_of(part):
    from drivers.status_led import StatusLed

    return StatusLed(*[_output(part[colour]) for colour in ("red", "green", "blue")])
