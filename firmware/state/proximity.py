"""Cable rating from the proximity resistor (IEC 61851-1 annex B).

A socket box reads it; a box with a fixed cable does not. Values between the ranges belong to no
cable and are refused. A rating once read may only go down in a session: not at a single reading,
and not while the pilot hides the car.
"""

from micropython import const

from state.pilot import SEEN_MS

FREE, USED, HIDDEN = range(3)  # the socket: no session, a car, a session whose car is unseen
_UNDEFINED_DA = const(0)
# lowest ohm, highest ohm, tenths of an ampere; test ranges as in EVerest's bring-up notes
RANGES = (
    (80, 140, 630),
    (164, 308, 320),
    (400, 936, 200),
    (1_100, 2_460, 130),
)
_HOLD_PERCENT = const(5)  # a rating in force stands while the reading is this close to its range
_LOWER_MS = const(250)  # ours: a fourth reading agrees, one is taken every 72 ms
_LONG_MS = const(60_000)


def rating_da(ohm: int) -> int:
    """Return the cable's rating in 0.1 A, or _UNDEFINED_DA."""
    for low, high, da in RANGES:
        if low <= ohm <= high:
            return da
    return _UNDEFINED_DA


def still_rated(ohm: int, da: int) -> bool:
    """Return whether a cable already rated da may still be that cable at this reading."""
    for low, high, rated in RANGES:
        if rated == da:
            return low * (100 - _HOLD_PERCENT) <= ohm * 100 <= high * (100 + _HOLD_PERCENT)
    return False


class Cable:
    """current_da: rating in force, or _UNDEFINED_DA. undefined_ms: how long unreadable."""

    def __init__(self):
        self.current_da = _UNDEFINED_DA
        self.undefined_ms = 0
        self._lower_ms = 0  # how long a lower rating has been read

    def step(self, ohm: int, use: int, elapsed_ms: int):
        """use: FREE reads anew, USED may lower the rating, HIDDEN keeps it."""
        if use == FREE:
            self.current_da = rating_da(ohm)
        if use != USED or (self.current_da and still_rated(ohm, self.current_da)):
            self.undefined_ms = 0
            self._lower_ms = 0
            return
        da = rating_da(ohm)
        if da == _UNDEFINED_DA:
            self.undefined_ms = min(self.undefined_ms + elapsed_ms, _LONG_MS)
            return
        self.undefined_ms = 0
        if self.current_da == _UNDEFINED_DA:
            self.current_da = da
        elif da < self.current_da:
            self._lower(da, min(elapsed_ms, SEEN_MS))
        else:
            self._lower_ms = 0

    def _lower(self, da, seen_ms):
        self._lower_ms += seen_ms
        if self._lower_ms >= _LOWER_MS:
            self.current_da = da
            self._lower_ms = 0
