"""A meter that is a chip or a device of its own, behind SPI or a serial line.

Loaded while the box is wired, and only on a board that has one.
"""

from machine import SPI, UART, Pin
from micropython import const

_CHIP_BAUD = const(200_000)  # what every board layout of the ATM90E32 in the field carries
_METER_BAUD = const(9_600)


def bus_meter(board):
    """Return the driver of the one that the board module has."""
    if hasattr(board, "METER_ATM90E32"):
        return metering_chip(board.METER_ATM90E32, board.PHASES)
    if hasattr(board, "METER_BL0942"):
        return metering_chips(board.METER_BL0942)
    return modbus_meter(board.METER_SDM630, board.PHASES)


def metering_chip(part, phases):
    from drivers.atm90e32 import Atm90e32

    spi = SPI(
        part["spi"],
        baudrate=_CHIP_BAUD,
        polarity=1,
        phase=1,
        sck=Pin(part["sck"]),
        mosi=Pin(part["mosi"]),
        miso=Pin(part["miso"]),
    )
    select = Pin(part["select"], Pin.OUT, value=1)
    gains = [part["u_gain"]] * phases, [part["i_gain"]] * phases
    return Atm90e32(spi, select, *gains, part.get("pga", 0), part.get("mains_hz", 50))


def metering_chips(part):
    from drivers.bl0942 import Bl0942

    line = serial_line(part, _METER_BAUD)
    return Bl0942(line, part["chips"], part["na_per_step"], part["nv_per_step"])


def modbus_meter(part, phases):
    from drivers.sdm630 import Sdm630

    line = serial_line(part, part.get("baud", _METER_BAUD))
    enable = Pin(part["enable"], Pin.OUT, value=0) if "enable" in part else None
    counts = part.get("counts_phases", 1)
    return Sdm630(line, phases, part.get("address", 1), enable, counts)


def serial_line(part, baud):
    return UART(part["uart"], baudrate=baud, tx=Pin(part["tx"]), rx=Pin(part["rx"]), timeout=0)
