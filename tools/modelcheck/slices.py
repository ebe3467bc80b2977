"""The slices: for each, which troubles may come and go beside the six pilot levels.

All troubles at once have too many states to count; two or three at a time are every pair that
shares a rule. A slice's alphabet is every level with every combination of its troubles.
"""

from itertools import product

from modelcheck.machine import GOOD

FINE = {}
ALL, USUAL = "ABCDEF", "ABCE"
# name: (settings that differ, pilot levels, lists of alternatives to a sound input)
SLICES = {
    "wake": ({"wake_signals": 1}, "ABCE", []),
    "pilot": ({}, ALL, [[{"low_mv": -8_800}], [{"reset": 1}]]),
    "ventilated": ({"ventilated": 1}, "ABCDE", [[{"low_mv": -8_800}]]),
    "offer": ({}, USUAL, [[{"enabled": 0}, {"limit_da": 50}]]),
    "two offers": ({}, USUAL, [[{"limit_da": 100}], [{"peak_ma": 22_000}]]),
    "earth": ({}, USUAL, [[{"earth_ok": 0}], [{"enabled": 0}]]),
    "residual": ({}, USUAL, [[{"residual_dc": 1}, {"deaf": 1}], [{"reset": 1}]]),
    "weld": ({}, USUAL, [[{"welded": 1}, {"stuck": 1}], [{"reset": 1}]]),
    "weld by current": (
        {"has_feedback": 0},
        USUAL,
        [[{"welded": 1, "drawn_ma": 9_000}], [{"reset": 1}]],
    ),
    "over-current": ({}, USUAL, [[{"drawn_ma": 17_000}, {"drawn_ma": 26_000}]]),
    "lock": ({}, USUAL, [[{"lock_shut": 0}], [{"enabled": 0}]]),
    "cable": ({}, USUAL, [[{"ohm": 99_999}, {"ohm": 1_500}]]),
    "tethered": ({"has_socket": 0, "has_lock": 0}, USUAL, [[{"earth_ok": 0}]]),
    "heat": ({}, USUAL, [[{"temperature_dc": 800}, {"temperature_dc": 660}]]),
    "mains low": ({}, "ABC", [[{"volts": 150}]]),
    "mains high": ({}, "ABC", [[{"volts": 300}]]),
    "open pen": ({"open_pen": 1}, "ABC", [[{"volts": 200}]]),
    "oscillator": ({}, USUAL, [[{"read_duty_bp": 7_000}, {"low_mv": -10_500}]]),
    "after a crash": ({"crashes": 1}, USUAL, [[{"enabled": 0}]]),
    "crash loop": ({"crashes": 5}, USUAL, [[{"reset": 1}]]),
}


def offers_change(troubles):
    """Return whether a slice's limits ever change."""
    return any("limit_da" in one or "temperature_dc" in one for row in troubles for one in row)


def draws(troubles):
    """Return whether current ever flows in a slice."""
    return any("drawn_ma" in one for row in troubles for one in row)


def alphabet(levels, troubles):
    """Return every input of a slice, as whole dictionaries."""
    inputs = []
    for level in levels:
        for chosen in product(*([FINE, *alternatives] for alternatives in troubles)):
            given = {**GOOD, "level": level}
            for trouble in chosen:
                given.update(trouble)
            inputs.append(given)
    return inputs
