"""`box board`: what a board file says, read by a person before it meets mains."""

import importlib.util

from box.mpy import ROOT

BOARDS = ROOT / "boards"
PINS = {  # chip: {pins: what else they do}; from the chips' data sheets
    "esp32": {
        (0, 2, 15): "strapping: its level at reset chooses the boot mode or its log",
        (5,): "strapping: SDIO timing; pulses at reset",
        (12,): "strapping: high at reset chooses 1.8 V flash, and the chip does not start",
        (1, 3): "the console's UART",
        (16, 17): "the PSRAM of WROVER modules",
    },
    "esp32s2": {
        (0, 45, 46): "strapping: its level at reset chooses boot mode or flash voltage",
        (19, 20): "native USB",
        (26,): "the PSRAM of modules that have one",
        (43, 44): "the console's UART",
    },
    "esp32s3": {
        (0, 3, 45, 46): "strapping: its level at reset chooses boot mode, JTAG or flash voltage",
        (19, 20): "native USB",
        (26,): "the PSRAM of modules that have one",
        (33, 34, 35, 36, 37): "octal flash or PSRAM of modules that have it",
        (43, 44): "the console's UART",
    },
}
METERS = ("MAINS_METER", "METER_ATM90E32", "METER_BL0942", "METER_SDM630")
STRAIGHT_MV = {"esp32": (150, 2_450), "esp32s2": (0, 2_500), "esp32s3": (0, 2_900)}  # at 11 dB
SWITCHING = ("CONTACTOR.request", "SHUNT_TRIP.trip")
LACKS = (  # parts of which one would do, what their absence means
    (("RESIDUAL_CURRENT",), "no residual current monitor: the supply needs an RCD type B"),
    (METERS, "no meter: no energy, no over-current, no weld seen by current"),
    (("THERMOMETER",), "no thermometer: the offer does not follow heat"),
    (("EARTH_MONITOR",), "no earth monitor: lost earth is seen through the pilot only"),
    (("SHUNT_TRIP",), "no shunt trip: a welded contactor stays live"),
    (("STATUS_LED",), "no light"),
    (("PILOT_GUARD",), "no guard: a lost broker with certificates waits for the car to pause"),
)


def names() -> list:
    return sorted(path.parent.name for path in BOARDS.glob("*/board.py"))


def unknown(name: str) -> str:
    return "board %s: unknown, known: %s" % (name, ", ".join(names()))


def load(name: str):
    """Return the board's module. Raises ValueError with one sentence."""
    if name not in names():
        raise ValueError(unknown(name))
    spec = importlib.util.spec_from_file_location("board_" + name, BOARDS / name / "board.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def schema():
    """Return firmware/board_schema.py: the box checks its board by the same table."""
    spec = importlib.util.spec_from_file_location(
        "board_schema", ROOT / "firmware" / "board_schema.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def parts(board) -> dict:
    """Return {part: its dictionary} of a board."""
    return {
        name: value
        for name, value in vars(board).items()
        if name.isupper() and isinstance(value, dict)
    }


def dangers(board) -> list:
    """Return what no board may do although each pin alone is fine."""
    return [
        "%s: pin %d is a strapping pin: mains would follow its level at reset" % (place, pin)
        for pin, place in pins(board)
        for group, meaning in PINS[board.CHIP].items()
        if pin in group and place in SWITCHING and meaning.startswith("strapping")
    ]


def pins(board) -> list:
    """Return [(pin, "PART.key"), ...] as far as the schema knows which numbers are pins."""
    tables, found = schema(), []
    kinds = (tables.OUT, tables.IN, tables.ADC, tables.ADCS)
    for name, part in parts(board).items():
        for key, kind in tables.PARTS.get(name, {}).items():
            value = part.get(key.rstrip("?"))
            if kind in kinds and value is not None:
                place = "%s.%s" % (name, key.rstrip("?"))
                found += [(pin, place) for pin in (value if kind == tables.ADCS else [value])]
    return sorted(found, key=str)


def advice(board) -> list:
    """Return what is allowed but wants a look: pins' second lives, levels, what is missing."""
    found = []
    for pin, place in pins(board):
        for group, meaning in PINS[board.CHIP].items():
            if pin in group:
                found.append("%s: pin %d is also %s" % (place, pin, meaning))
    return found + levels(board) + lacking(board)


def levels(board) -> list:
    """Return the rails that the pilot's divider puts outside the converter's straight part."""
    part, (low_mv, high_mv) = board.CONTROL_PILOT, STRAIGHT_MV[board.CHIP]
    if "points" in part:
        return []  # whoever measured points knows about the bend
    found = []
    for volts in (-12, 12):
        mv = part["zero_uv"] / 1_000 + volts * 1_000_000 / part["gain_permille"]
        if not low_mv <= mv <= high_mv:
            found.append(
                "CONTROL_PILOT: %+d V reads %d mV, the converter is straight from %d to %d mV"
                % (volts, mv, low_mv, high_mv)
            )
    return found


def lacking(board) -> list:
    found = [text for names, text in LACKS if not any(hasattr(board, name) for name in names)]
    if "feedback" not in board.CONTACTOR:
        found.append("no mirror contact: a weld is seen by its current at best")
    if hasattr(board, "RESIDUAL_CURRENT") and "test" not in board.RESIDUAL_CURRENT:
        found.append("no self-test of the residual current monitor")
    if hasattr(board, "PROXIMITY") and not has_lock(board):
        found.append("no lock: a socket's plug can be pulled under load")
    if is_updated_by_cable(board):
        found.append("updates by cable: frozen, and the flash has room for one application only")
    return found


def is_updated_by_cable(board) -> bool:
    """Return whether no update reaches such a box over the network."""
    from box import firmware, frozen_image, pool  # which load boards

    ways = pool.ways(board)
    flash_mb = firmware.flash_of(board)
    return ways[:1] == [pool.FROZEN] and frozen_image.is_by_cable(flash_mb)


def has_lock(board) -> bool:
    return hasattr(board, "CONNECTOR_LOCK") or hasattr(board, "LOCK_MOTOR")


def summary(name: str) -> str:
    """Return one line about a board."""
    board = load(name)
    by_cable = "; updates by cable" if is_updated_by_cable(board) else ""
    cable = "%d A cable" % board.CABLE_A if hasattr(board, "CABLE_A") else "socket"
    psram_mb = getattr(board, "PSRAM_MB", 0)
    psram = "%d MB PSRAM" % psram_mb if psram_mb else "no PSRAM"
    return "%-16s %-8s %-11s  %d x %d A  %-10s %s" % (
        *(name, board.CHIP, psram, board.PHASES, board.RATING_A, cable),
        ", ".join(part.lower() for part in sorted(parts(board))) + by_cable,
    )
