"""The voltages of table A.4 and the duties of table A.7."""

from played import play

from conformity.row import CHARGE, Row, cannot

A4, A7 = "table A.4, windows of 1 V", "table A.7"
LEVELS = {"A": (11, 13), "B": (8, 10), "C": (5, 7), "D": (2, 4), "E": (-1, 1)}
LETTERS = "ABCDE"
AMPERES = {6: 10.0, 8: 13.33, 10: 16.67, 13: 21.67, 16: 26.67, 20: 33.33, 25: 41.67, 32: 53.33}


def approaches(letter, phases):
    """Return [(from_v, to_v), ...]: the window's voltages, from each state beside it."""
    low, high = LEVELS[letter]
    levels = [low + (high - low) * k / (phases + 1) for k in range(phases + 2)]
    place = LETTERS.index(letter)
    beside = LETTERS[max(place - 1, 0) : place] + LETTERS[place + 1 : place + 2]
    return [(sum(LEVELS[near]) / 2, level) for near in beside for level in levels]


def misjudged(letter):
    """Return a play: how many of the window's voltages are not judged as the letter."""

    def count(phases):
        rows, pairs = ["0,cp.noise_v,0.02"], approaches(letter, phases)
        for k, (from_v, to_v) in enumerate(pairs):
            rows.append("%d,cp.high_v,%.3f" % (5_000 + 2_000 * k, from_v))
            rows.append("%d,cp.high_v,%.3f" % (6_000 + 2_000 * k, to_v))
        played = play("\n".join(rows), 5_000 + 2_000 * len(pairs))
        judged = [played.at("cp.state", 6_900 + 2_000 * k) for k in range(len(pairs))]
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


ROWS = (
    *[
        Row(
            "V " + letter, "levels of the window misjudged", (0, 0), "", A4, "H", misjudged(letter)
        )
        for letter in LEVELS
    ],
    Row("V diode", "closings without a diode", (0, 0), "", A4, "H", bare_diode),
    Row("V low -9", "closings with a low plateau of -9 V", (0, 0), "", A4, "H", weak_low(-9)),
    Row("duty", "furthest duty from the table", (None, 0.5), "%", A7, "M", duty_off),
    Row("duty 6 A", "duty at 6 A", (10.0, 10.5), "%", A7, "H", lowest_duty),
    Row("duty 5.9 A", "duty below 6 A: x1", (100, 100), "%", A7, "H", duty_below_6_a),
    cannot("12 V", "open-circuit level 12 V within 5 %", "table A.2", "H", "the board's supply"),
    cannot(
        "1 kHz", "frequency within 0.5 %", "table A.2", "H", "the chip's timer, from a crystal"
    ),
    cannot("edges", "rise and fall within 2 us", "table A.2", "H", "the board's driver stage"),
    cannot("R1", "source of 1000 ohm within 3 %", "table A.2", "H", "the board's resistor"),
    cannot("5 %", "digital communication", "table A.8", "H", "never emitted: no modem"),
    cannot("F", "window of F", A4, "H", "the box drives it itself; read back, see oscillator"),
)
