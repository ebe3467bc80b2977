"""The control pilot's plateau voltages as one of six letters, and the proof of the car's diode.

IEC 61851-1:2017 table A.4: windows of +-1 V round 12, 9, 6, 3, 0 and -12 V. The gaps between the
windows belong to nobody; the letter changes at their midpoints +-0.25 V, so a level that wanders
round a midpoint keeps its letter.
"""

from micropython import const

LETTERS = "ABCDEF"
A, B, C, D, E, F = range(6)

EDGES_MV = (10_500, 7_500, 4_500, 1_500, -1_500)
HYSTERESIS_MV = 250
DIODE_MV = -10_000  # the low plateau must reach this: table A.4, J1772, Tinkerforge
VOTES = 2  # consecutive bursts that must disagree with the letter before it changes
DIODE_PROOFS = 5  # consecutive bursts with a good low plateau that prove the diode

FLAT_MV = 1_000  # plateaus nearer than this while the oscillator should run: it does not
OUTSIDE_MV = 13_250  # above every window of the table

SETTLED_MS = 500  # before closing: rejects BCB toggles and the iX3's 250 ms pulse
SEEN_MS = 20  # what one reading proves at most: two ticks; what passed unseen proves nothing
GAP_MS = 100  # a longer pause ends a proof under way: TLS arithmetic stalls the chip 600 ms
_LONG_MS = const(60_000)  # counters stop here


def classify(high_mv: int, letter: int) -> int:
    """Return the letter of a high plateau, given the letter in force (for the hysteresis)."""
    for k in range(5):
        edge = EDGES_MV[k]
        edge += -HYSTERESIS_MV if letter <= k else HYSTERESIS_MV
        if high_mv > edge:
            return k
    return F


def is_undecided(high_mv: int) -> bool:
    """Return whether a plateau lies in no window: near a midpoint, or beyond all of them."""
    if not -OUTSIDE_MV < high_mv < OUTSIDE_MV:
        return True
    for edge in EDGES_MV:
        if edge - HYSTERESIS_MV < high_mv < edge + HYSTERESIS_MV:
            return True
    return False


class Pilot:
    """letter: the judged state. stable_ms: how long it has been seen to hold, without a gap.
    votes, leaving_ms: how many bursts disagree with it, and since when.
    proofs: good bursts in a row since the oscillator last started.
    undecided_ms: how long the level has been between the windows, less the time it was not.
    flat: 1 while the oscillator should run and does not show.
    diode_proven, diode_lost: 0 or 1.
    """

    def __init__(self):
        self.letter = A
        self.previous = A
        self.stable_ms = 0
        self.leaving_ms = 0
        self.undecided_ms = 0
        self.flat = 0
        self.votes = 0
        self.proofs = 0
        self._losses = 0
        self._ran = 0
        self.diode_proven = 0
        self.diode_lost = 0

    def step(self, high_mv: int, low_mv: int, pwm: int, elapsed_ms: int):
        """Judge one burst. pwm: 1 if the oscillator ran for the whole of it."""
        self._outlast(elapsed_ms)
        if is_undecided(high_mv):
            self.undecided_ms = min(self.undecided_ms + elapsed_ms, _LONG_MS)
        else:
            self.undecided_ms = max(self.undecided_ms - elapsed_ms, 0)
        self.flat = 1 if pwm and high_mv - low_mv < FLAT_MV else 0
        read = classify(high_mv, self.letter)
        if read == self.letter:
            self.votes = 0
            self.leaving_ms = 0
        else:
            self._disagree(read, elapsed_ms)
        if pwm:
            if not self._ran:
                self.proofs = (
                    0  # each start of the oscillator proves anew: plugs get swapped in x1
                )
                self.diode_proven = 0
            self._check_diode(low_mv)
        else:
            self._losses = 0  # x1 shows nothing of the diode: neither proof nor loss
            self.diode_lost = 0
        self._ran = pwm
        if self.letter == A:
            self.proofs = 0
            self._losses = 0
            self.diode_proven = 0
            self.diode_lost = 0

    def _outlast(self, elapsed_ms):
        if elapsed_ms > GAP_MS:
            self.stable_ms = 0  # a car can come and go in a gap
        else:
            self.stable_ms = min(self.stable_ms + min(elapsed_ms, SEEN_MS), _LONG_MS)

    def _disagree(self, read, elapsed_ms):
        self.leaving_ms = min(self.leaving_ms + elapsed_ms, _LONG_MS) if self.votes else 0
        self.votes += 1
        if self.votes >= VOTES:
            self.previous = self.letter
            self.letter = read
            self.stable_ms = 0
            self.votes = 0

    def _check_diode(self, low_mv):
        if low_mv <= DIODE_MV:
            self._losses = 0
            self.diode_lost = 0
            self.proofs = min(self.proofs + 1, DIODE_PROOFS)
            self.diode_proven = 1 if self.proofs >= DIODE_PROOFS else self.diode_proven
            return
        self.proofs = 0
        self._losses = min(self._losses + 1, VOTES)
        if self._losses >= VOTES:
            self.diode_proven = 0
            self.diode_lost = 1
