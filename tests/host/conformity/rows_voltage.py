"""The voltages of table A.4, the duties of table A.7, the cables of annex B."""

from played import play

from conformity.row import CHARGE, CHARGED_MS, Row, cannot

A4, A7, B = "table A.4, windows of 1 V", "table A.7", "annex B, test ranges (EVerest)"
LEVELS = {"A": (11.1, 12.9), "B": (8, 10), "C": (5, 7), "D": (2, 4), "E": (-1, 1)}
AMPERES = {6: 10.0, 8: 13.33, 10: 16.67, 13: 21.67, 16: 26.67, 20: 33.33, 25: 41.67, 32: 53.33}
CABLES = {13: (1_100, 2_460), 20: (400, 936), 32: (164, 308)}
INSIDE = 0.03  # of an end: what the converter may be off


def misjudged(letter):
    """Return a play: how many of the window's voltages are not judged as the letter."""

    def count(phases):
        low, high = LEVELS[letter]
        steps = [low + (high - low) * k / (phases + 1) for k in range(phases + 2)]
        rows = ["0,cp.noise_v,0.02"]
        rows += ["%d,cp.high_v,%.3f" % (5_000 + 2_000 * k, v) for k, v in enumerate(steps)]
        played = play("\n".join(rows), 5_000 + 2_000 * len(steps))
        judged = [played.at("cp.state", 6_900 + 2_000 * k) for k in range(len(steps))]
        return [len([seen for seen in judged if seen != letter])]

    return count


def duty_off(phases):
    """Return how far each emitted duty is from the table, in percent of the period."""
    figures = []
    for amps, percent in AMPERES.items():
        played = play("0,limit.house,%d\n5000,ev.cp_ohm,2740" % amps)
        figures.append(abs(int(played.at("pilot.duty_permille", 9_000)) / 10 - percent))
    return figures


def lowest_duty(phases):
    played = play("0,limit.house,6\n5000,ev.cp_ohm,2740")
    return [int(played.at("pilot.duty_permille", 9_000)) / 10]


def duty_below_6_a(phases):
    played = play("0,limit.house,5.9\n5000,ev.cp_ohm,2740")
    return [int(played.at("pilot.duty_permille", 14_000)) / 10]


def bare_diode(phases):
    return [len(play("0,ev.diode,0\n" + CHARGE, 30_000).values("contactor.command"))]


def weak_low(volts):
    def count(phases):
        return [len(play("0,cp.low_v,%s\n" % volts + CHARGE, 30_000).values("contactor.command"))]

    return count


def cable(amps):
    """Return a play: the highest offer through a cable at both ends of its range."""

    def offers(phases):
        figures = []
        low, high = CABLES[amps]
        for ohm in (low * (1 + INSIDE), high * (1 - INSIDE)):
            played = play("0,pp.ohm,%.0f\n" % ohm + CHARGE)
            figures.append(float(played.at("offer.a", 9_000)))
        return figures

    return offers


def undefined_cables(phases):
    closed = 0
    for ohm in ("0", "59", "390", "1000", "4501", "open"):
        closed += len(play("0,pp.ohm,%s\n" % ohm + CHARGE, 20_000).values("contactor.command"))
    return [closed]


def cable_lost(phases):
    played = play(CHARGE + "\n%d,pp.ohm,open" % CHARGED_MS)
    return [played.when("contactor.command", "0", CHARGED_MS) - CHARGED_MS]


ROWS = (
    *[
        Row(
            "V " + letter, "levels of the window misjudged", (0, 0), "", A4, "H", misjudged(letter)
        )
        for letter in LEVELS
    ],
    Row("V diode", "closings without a diode", (0, 0), "", A4, "H", bare_diode),
    Row("V low -9", "closings with a low plateau of -9 V", (0, 0), "", A4, "H", weak_low(-9)),
    Row("duty", "furthest duty from the table", (0, 0.5), "%", A7, "M", duty_off),
    Row("duty 6 A", "duty at 6 A", (10.0, 10.5), "%", A7, "H", lowest_duty),
    Row("duty 5.9 A", "duty below 6 A: x1", (100, 100), "%", A7, "H", duty_below_6_a),
    *[
        Row(
            "PP %d A" % amps,
            "offer 3 % inside both ends",
            (6, amps),
            "A",
            B,
            "M",
            cable(amps),
        )
        for amps in CABLES
    ],
    Row("PP undefined", "closings with values of no cable", (0, 0), "", B, "H", undefined_cables),
    Row("PP lost", "proximity lost under charge", (None, 700), "ms", "design", "M", cable_lost),
    cannot("12 V", "open-circuit level 12 V within 5 %", "table A.2", "H", "the board's supply"),
    cannot(
        "1 kHz", "frequency within 0.5 %", "table A.2", "H", "the chip's timer, from a crystal"
    ),
    cannot("edges", "rise and fall within 2 us", "table A.2", "H", "the board's driver stage"),
    cannot("R1", "source of 1000 ohm within 3 %", "table A.2", "H", "the board's resistor"),
    cannot("5 %", "digital communication", "table A.8", "H", "never emitted: no modem"),
    cannot("F", "window of F", A4, "H", "the box drives it itself; read back, see oscillator"),
)
