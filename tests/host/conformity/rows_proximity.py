"""The cable ratings of annex B by the resistor of the proximity contact."""

from played import play

from conformity.row import CHARGE, CHARGED_MS, Row

B = "annex B, test ranges (EVerest)"
CABLES = {13: (1_100, 2_460), 20: (400, 936), 32: (164, 308), 63: (80, 140)}
GAPS = ("0", "59", "70", "150", "350", "390", "1000", "3000", "4501", "open")
INSIDE = 0.03  # of an end: what the converter may be off


def offer(ohm):
    return float(play("0,pp.ohm,%.0f\n%s" % (ohm, CHARGE)).at("offer.a", 9_000))


def cable(amps):
    """Return a play: the offers through a cable near both ends of its range."""
    low, high = CABLES[amps]
    return lambda phases: [offer(low * (1 + INSIDE)), offer(high * (1 - INSIDE))]


def gap_closings(phases):
    played = [play("0,pp.ohm,%s\n%s" % (ohm, CHARGE), 20_000) for ohm in GAPS]
    return [len(run.values("contactor.command")) for run in played]


def cable_lost(phases):
    played = play("%s\n%d,pp.ohm,open" % (CHARGE, CHARGED_MS))
    return [played.when("contactor.command", "0", CHARGED_MS) - CHARGED_MS]


def smaller_cable(phases):
    """The reading goes from 32 A to 20 A and back in one session: it may only go down."""
    played = play(CHARGE + "\n20000,pp.ohm,680\n30000,pp.ohm,220", 45_000)
    return [float(played.at("offer.a", 44_000))]


ROWS = (
    *[
        Row("PP %d A" % amps, "offer 3 % inside both ends", (6, amps), "A", B, "M", cable(amps))
        for amps in CABLES
    ],
    Row("PP undefined", "closings with values of no cable", (0, 0), "", B, "H", gap_closings),
    Row("PP only down", "20 A cable read as 32 A later", (6, 20), "A", B, "M", smaller_cable),
    Row("PP lost", "proximity lost under charge", (None, 700), "ms", "design", "M", cable_lost),
)
