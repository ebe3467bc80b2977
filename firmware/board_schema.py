"""What a board file may say. Checked on every start: a wrong board must not switch 22 kW.

A board is data only: upper-case names, numbers, and one dictionary a part. A part that is absent
is a capability the box does not have. A box has a socket, then it reads the cable (PROXIMITY), or
a cable of its own, then CABLE_A is what that carries.
"""

# name: (bits of the pilot timer at 1 kHz, pins of ADC1, pins that can only be inputs)
CHIPS = {
    "esp32": (16, range(32, 40), range(34, 40)),
    "esp32s2": (13, range(1, 11), (46,)),
    "esp32s3": (13, range(1, 11), ()),
}
FLASH_PINS = {"esp32": range(6, 12), "esp32s2": range(27, 33), "esp32s3": range(27, 33)}

PINS = {  # that the chip has
    "esp32": (range(20), range(21, 24), range(25, 28), range(32, 40)),
    "esp32s2": (range(22), range(26, 47)),
    "esp32s3": (range(22), range(26, 49)),
}
STRAPS = {"esp32": (0, 2, 5, 12, 15), "esp32s2": (0, 45, 46), "esp32s3": (0, 3, 45, 46)}
PSRAM_PINS = {"esp32": (16, 17), "esp32s2": (26,), "esp32s3": (26,)}  # of modules that have it
# PSRAM or octal flash of some modules
MEMORY = {"esp32": range(16, 18), "esp32s2": range(26, 27), "esp32s3": range(33, 38)}
SWITCHING = ("CONTACTOR.request", "SHUNT_TRIP.trip")

OUT, IN, ADC, ADCS = "output pin", "input pin", "ADC1 pin", "list of ADC1 pins"
POINTS = "points, uV read and mV, both rising"
PULL, PULLS = "pull", ("up", "down")  # of an input: a broken wire must read as the fault
LEVEL = (0, 1)
MICROVOLT = (0, 3_300_000)

# part: {key: kind of pin, or (lowest, highest) of a number}; keys ending in ? may be left out
PARTS = {
    "CONTROL_PILOT": {
        "pwm": OUT,
        "adc": ADC,
        "zero_uv": MICROVOLT,
        "gain_permille": (1_000, 30_000),
        "trust_mv?": (100, 2_000),
        "points?": POINTS,
        "disconnect?": OUT,
    },
    "CONTACTOR": {"request": OUT, "feedback?": IN, "closed_level?": LEVEL, "pull?": PULL},
    "PROXIMITY": {"adc": ADC, "pull_up_ohm": (100, 10_000), "supply_mv": (1_000, 5_500)},
    "RESIDUAL_CURRENT": {
        "dc": IN,
        "ac?": IN,
        "test?": OUT,
        "trip_level?": LEVEL,
        "pull?": PULL,
        "answer_ms": (50, 5_000),
        "clear_ms": (50, 5_000),
    },
    "MAINS_METER": {
        "currents": ADCS,
        "voltages": ADCS,
        "bias_uv": MICROVOLT,
        "ua_per_mv": (1_000, 120_000),  # to 130 A peak, and 550 V: mWs of both fit 31 bits
        "ratio": (10, 500),
    },
    "METER_ATM90E32": {
        "spi": (1, 2),
        "sck": OUT,
        "mosi": OUT,
        "miso": IN,
        "select": OUT,
        "u_gain": (1, 65_535),
        "i_gain": (1, 65_535),
        "pga?": (0, 65_535),
        "mains_hz?": (50, 60),
    },
    "METER_BL0942": {
        "uart": (1, 2),
        "tx": OUT,
        "rx": IN,
        "chips": (1, 3),
        "na_per_step": (10, 100_000),
        "nv_per_step": (1_000, 500_000),
    },
    "METER_SDM630": {
        "uart": (1, 2),
        "tx": OUT,
        "rx": IN,
        "enable?": OUT,
        "address?": (1, 247),
        "baud?": (1_200, 38_400),
        "counts_phases?": LEVEL,
    },
    "THERMOMETER": {"adc": ADC, "zero_uv": MICROVOLT, "uv_per_dc": (100, 10_000)},
    "EARTH_MONITOR": {"ok": IN, "pull?": PULL},
    "SHUNT_TRIP": {"trip": OUT},
    "CONNECTOR_LOCK": {"lock": OUT, "switch?": IN},
    "LOCK_MOTOR": {
        "shut": OUT,
        "open": OUT,
        "pulse_ms": (100, 1_000),
        "switch?": IN,
        "shut_level?": LEVEL,
    },
    "PILOT_GUARD": {},  # something else watches the pilot and opens the contactor on its own
    "STATUS_LED": {"red": OUT, "green": OUT, "blue": OUT},
    "BUTTON": {"pin": IN, "pressed_level?": LEVEL},  # held for 5 s: the setup network
}
REQUIRED = ("CONTROL_PILOT", "CONTACTOR")
NUMBERS = {"RATING_A": (6, 80), "PHASES": (1, 3)}
SETTINGS = {"CABLE_A": (6, 80), "REPL_LOCKED": LEVEL}  # may be left out
# left out: the first. The build chooses by them what fits the chip
SIZES = {"FLASH_MB": (4, 8, 16), "PSRAM_MB": (0, 2, 4, 8, 16, 32)}
EITHER = (("PROXIMITY", "CABLE_A"),)  # exactly one
NOT_BOTH = (("CONNECTOR_LOCK", "LOCK_MOTOR"), ("CABLE_A", "CONNECTOR_LOCK"))
NOT_BOTH += (("CABLE_A", "LOCK_MOTOR"),)
METERS = ("MAINS_METER", "METER_ATM90E32", "METER_BL0942", "METER_SDM630")
NOT_BOTH += tuple((METERS[k], METERS[j]) for k in range(4) for j in range(k))


def check(board):
    """Raise ValueError naming the first place in the board module that is wrong."""
    for wrong in mistakes(board):
        raise ValueError("board %s: %s" % (getattr(board, "NAME", "?"), wrong))


def mistakes(board):
    """Yield every mistake in the board module, one sentence each."""
    chip = getattr(board, "CHIP", None)
    if chip not in CHIPS:
        yield "CHIP: %r is not one of %s" % (chip, ", ".join(sorted(CHIPS)))
        return
    for name, bounds in NUMBERS.items():
        yield from _number(name, getattr(board, name, None), bounds)
    used = {}
    for name in dir(board):
        if name.startswith("_") or name in NUMBERS or name in ("NAME", "CHIP"):
            continue
        if name in SETTINGS:
            yield from _number(name, getattr(board, name), SETTINGS[name])
        elif name in SIZES:
            yield from _size(name, getattr(board, name))
        elif name in PARTS:
            yield from _part(name, getattr(board, name), chip, used)
        else:
            yield "%s: no such part, known: %s" % (name, ", ".join(sorted(PARTS)))
    for pin in PSRAM_PINS[chip] if getattr(board, "PSRAM_MB", 0) else ():
        if pin in used:
            yield "%s: pin %d belongs to the PSRAM" % (used[pin], pin)
    yield from _combination(board)


def _size(name, value):
    if type(value) is not int or value not in SIZES[name]:
        yield "%s: %r is not one of %s" % (name, value, ", ".join(map(str, SIZES[name])))


def _combination(board):
    for name in REQUIRED:
        if not hasattr(board, name):
            yield "%s: missing" % name
    for one, other in EITHER:
        if not hasattr(board, one) and not hasattr(board, other):
            yield "%s or %s: one of them is needed" % (one, other)
    for one, other in EITHER + NOT_BOTH:
        if hasattr(board, one) and hasattr(board, other):
            yield "%s and %s: only one of them" % (one, other)


def _part(name, part, chip, used):
    keys = PARTS[name]
    for key in part:
        if key not in keys and key + "?" not in keys:
            yield "%s.%s: no such key" % (name, key)
    for key, kind in keys.items():
        place = "%s.%s" % (name, key.rstrip("?"))
        value = part.get(key.rstrip("?"))
        if value is None:
            if not key.endswith("?"):
                yield "%s: missing" % place
        else:
            yield from _value(place, value, kind, chip, used)
    if name == "MAINS_METER":
        yield from _channels(part)
    if "pull" in part:
        yield from _pull(name, part, chip)


def _value(place, value, kind, chip, used):
    if isinstance(kind, tuple):
        yield from _number(place, value, kind)
    elif kind == POINTS:
        yield from _points(place, value)
    elif kind == PULL:
        if value not in PULLS:
            yield "%s: %r is not one of %s" % (place, value, ", ".join(PULLS))
    else:
        for pin in value if kind == ADCS else (value,):
            yield from _pin(place, pin, kind, chip, used)


def _channels(part):
    currents, voltages = len(part.get("currents", ())), len(part.get("voltages", ()))
    if not 1 <= currents <= 3:
        yield "MAINS_METER.currents: %d pins, not 1 to 3" % currents
    if voltages not in (0, currents):
        yield "MAINS_METER.voltages: %d pins, not %d as of the currents, or none" % (
            voltages,
            currents,
        )


def _pull(name, part, chip):
    """Pins that can only be inputs have no resistors."""
    for key, kind in PARTS[name].items():
        pin = part.get(key.rstrip("?"))
        if kind == IN and pin in CHIPS[chip][2]:
            yield "%s.pull: pin %d has no resistors inside" % (name, pin)


def _points(place, points):
    steps = [pair for two in zip(points, points[1:]) for pair in zip(*two)]
    if not steps or any(low >= high for low, high in steps):
        yield "%s: not two or more pairs that rise" % place


def _number(place, value, bounds):
    lowest, highest = bounds
    if type(value) is not int or not lowest <= value <= highest:
        yield "%s: %r is not from %d to %d" % (place, value, lowest, highest)


def _pin(place, pin, kind, chip, used):
    _, adc1, input_only = CHIPS[chip]
    if type(pin) is not int or not 0 <= pin <= 48:
        yield "%s: %r is not a pin number" % (place, pin)
        return
    if not any(pin in pins for pins in PINS[chip]):
        yield "%s: pin %d is not on an %s" % (place, pin, chip)
        return
    if place in SWITCHING and pin in STRAPS[chip]:
        yield "%s: pin %d is a strapping pin: mains would follow its level at reset" % (place, pin)
    if place in SWITCHING and pin in MEMORY[chip]:
        yield "%s: pin %d belongs to the memory of some modules" % (place, pin)
    if pin in used:
        yield "%s: pin %d is already %s" % (place, pin, used[pin])
    if pin in FLASH_PINS[chip]:
        yield "%s: pin %d belongs to the flash" % (place, pin)
    if kind == OUT and pin in input_only:
        yield "%s: pin %d can only be an input" % (place, pin)
    if kind in (ADC, ADCS) and pin not in adc1:
        yield "%s: pin %d is not on ADC1 (ADC2 fails with Wi-Fi)" % (place, pin)
    used[pin] = place
