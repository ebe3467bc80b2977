"""Mutants that nobody can tell from the original: {(file, function, line, change): why}."""

LAWS = "At 51 A both laws of table A.7 give 85 %."
FILLED = "Events._show fills in every field before anybody sees the record."
WRITTEN = "A place of the ring is shown only after an event was written into it."
FULL = "A ring that is just full has lost none: 0 is added and the reader stays where it is."
ENDLESS = "It is compared with itself only: a count stops there, and nothing is beyond it."
SUMMED_UP = "_sum_up sets it to 1 in the same step; until then it is only asked whether it is 0."
SAME = "A rating equal to the one in force still stands, and was dealt with above."
YES = "It is only asked whether it is 0."
NOTHING = "To count 0 changes nothing."
WHOLE = "Less than a watt-hour is no whole one, and itself what is left of it."

_FIELDS = "self.code = self.a = self.b = self.c = self.d = self.e = self.at_ms = 0"
_RING = "self._ring = [0] * (RING * WIDTH)"
_LAPPED = "self.stamped - self.read > RING"
_LOWER = "elif da < self.current_da:"
_COUNTED = "if phase_mws[phase]:"
_FULL_WH = "if rest_ws >= WS_PER_WH:"
EQUIVALENT = {
    ("duty.py", "duty_bp", "if current_da <= 510:", "compare 0: current_da <= 510"): LAWS,
    ("duty.py", "duty_bp", "if current_da <= 510:", "number - 1: 510"): LAWS,
    ("events.py", "Event.__init__", _FIELDS, "left out: " + _FIELDS): FILLED,
    ("events.py", "Event.__init__", _FIELDS, "number + 1: 0"): FILLED,
    ("events.py", "Event.__init__", _FIELDS, "number - 1: 0"): FILLED,
    ("events.py", "Events.__init__", _RING, "number + 1: 0"): WRITTEN,
    ("events.py", "Events.__init__", _RING, "number - 1: 0"): WRITTEN,
    ("events.py", "Events.next", "if %s:" % _LAPPED, "compare 0: " + _LAPPED): FULL,
    ("faults.py", "", "ENDLESS = 255", "number + 1: 255"): ENDLESS,
    ("faults.py", "", "ENDLESS = 255", "number - 1: 255"): ENDLESS,
    ("protection.py", "Protection._seen", "self.busy = 1", "number + 1: 1"): SUMMED_UP,
    ("proximity.py", "Cable.step", _LOWER, "compare 0: da < self.current_da"): SAME,
    ("residual_test.py", "ResidualTest._pass", "self._gap = 1", "number + 1: 1"): YES,
    ("session.py", "Session.step", _COUNTED, "if True: " + _COUNTED): NOTHING,
    ("session.py", "Session._count", _FULL_WH, "if True: " + _FULL_WH): WHOLE,
}
