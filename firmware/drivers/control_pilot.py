"""The control pilot: 1 kHz oscillator out, plateau voltages in.

One burst covers whole pilot periods, so that every phase is seen whatever the tick's phase is.
How many reads that takes depends on the chip and on MicroPython's version (35 us a read in 1.15,
slower since: issue 7495), so pace() measures a read before the first tick and chooses the bursts
by it. The commanded duty says how many reads lie on each plateau; the result is the middle one of
them in the sorted burst, so that stray reads (spikes, edges) move it only if they are as many as
half the plateau. With 1 % of spikes and 35 us that happens to fewer than 2 bursts in 100 000.

Reads and oscillator share a crystal: their phases form a pattern, and how evenly it covers the
period decides what a burst can promise. From the pattern come the most by which a count of reads
can be off, and from that the reads sure to lie on a plateau and the error of the duty read back.

Range: -13..+13 V at the pilot. Cost on the board: at 35 us 29 reads from 16 A up, that is 1 ms;
2 ms below, 4 ms below 9 A, where the plateau is short. At 50 us and slower 2 ms at least.
"""

from micropython import const

_PERIOD_US = const(1_000)
_PERIOD_NS = const(1_000_000)
_FULL_BP = const(10_000)
_PERIODS = const((1, 2, 4))
_READ_US = const(35)  # until it is measured
_TIMED = const(64)  # reads at once, to measure one
_TIMINGS = const(4)
_EDGES_BP = const(50)  # 5 us of each plateau until it stands: rise, fall, cable
_SURE_READS = const(6)  # on the shorter plateau, or a longer burst is taken
_ERROR_BP = const(500)  # of the duty read back, or a longer burst is taken
_LATE_US = const(50)  # an interrupted burst did not cover whole periods
LATE_MOST = 5  # so many in a row are not judged; then they are: better a fault than none
_TICKS = const(0x3FFF_FFFF)
RAIL_MV = 12_000
_MIDDLE_MV = const(-4_000)  # between every high plateau down to E's and the low one
TRUST_MV = 600  # 5 %: a reading further off is a fault of the rail or a car, not of the ADC


def unevenness(reads: int, read_ns: int) -> int:
    """Return in 1/1000 of a read by how much the reads in any part of the period may be off.

    Any part of a period holds its share of the reads, more or less by no more than this.
    """
    phases = sorted([k * read_ns % _PERIOD_NS for k in range(reads)])
    ahead = [reads * phases[k] // 1_000 - k * 1_000 for k in range(reads)]
    return max(ahead) - min(ahead) + 1_000


class Burst:
    """reads: room for a burst over so many periods, as whole as it can be.

    uneven: of its pattern, see unevenness(). error_bp: how far off it can read a duty.
    """

    def __init__(self, periods, read_ns):
        few = periods * _PERIOD_NS // read_ns
        self.error_bp, count = min([self._try(few, read_ns), self._try(few + 1, read_ns)])
        self.uneven = unevenness(count, read_ns)
        self.reads = [0] * count
        self.takes_us = count * read_ns // 1_000

    def _try(self, count, read_ns):
        return unevenness(count, read_ns) * 10 // count, count

    def sure(self, plateau_bp: int) -> int:
        """Return how many reads lie on a plateau of this share of the period, at least."""
        return (len(self.reads) * (plateau_bp - _EDGES_BP) // 10 - self.uneven + 999) // 1_000


class ControlPilot:
    """high_mv, low_mv: plateaus of the last burst at the pilot, in millivolts.

    read_duty_bp: share of the burst's reads above the middle, 1/100 %, within error_bp; of the
    last burst that took its time. spread_uv: highest less lowest read; a living converter is never
    at 0 for long. read_ns: what a read takes, nanoseconds. late: bursts interrupted in a row.

    pwm: machine.PWM at 1 kHz. adc: machine.ADC with read_uv. zero_uv: ADC reading at 0 V.
    gain_permille: pilot volts per ADC volt x 1000. ticks_us: time.ticks_us. duty_bits: resolution
    of the chip's timer. trust_mv: how far off a rail may read and still be calibrated.
    """

    def __init__(
        self, pwm, adc, zero_uv, gain_permille, ticks_us, duty_bits=16, trust_mv=TRUST_MV
    ):
        self._duty_u16 = pwm.duty_u16
        self._ticks_us = ticks_us
        self._read_uv = adc.read_uv
        self._zero_uv = zero_uv
        self._gain_permille = gain_permille
        self._steps = 1 << duty_bits
        self._trust_mv = trust_mv
        self._choose_bursts(_READ_US * 1_000)
        self.high_mv = 0
        self.low_mv = 0
        self.high_uv = 0
        self.low_uv = 0
        self.read_duty_bp = _FULL_BP
        self.spread_uv = 0
        self.late = LATE_MOST
        self._duty_bp = -1
        self.drive(_FULL_BP)

    def pace(self):
        """Measure what a read takes and choose the bursts by it; before the first tick."""
        reads = [0] * _TIMED
        least_us = min([self._fill(reads) for _ in range(_TIMINGS)])
        self._choose_bursts(max(least_us, 1) * 1_000 // _TIMED)
        self._take_burst(self._duty_bp)

    def _choose_bursts(self, read_ns):
        self.read_ns = read_ns
        self._bursts = [Burst(periods, read_ns) for periods in _PERIODS]

    def _fill(self, reads):
        """Return the microseconds that it took."""
        read_uv = self._read_uv
        since_us = self._ticks_us()
        for k in range(len(reads)):
            reads[k] = read_uv()
        return self._ticks_us() - since_us & _TICKS

    def drive(self, duty_bp: int):
        """Set the oscillator: 10000 steady +12 V, 0 steady -12 V, else a duty in 1/100 %.

        Rounded up to the timer's resolution: 6 A must never come out below 10 %, where some cars
        stop (SmartEVSE issue 30), and MicroPython's duty_u16 truncates.
        """
        if duty_bp == self._duty_bp:
            return
        self._duty_bp = duty_bp
        count = (duty_bp * self._steps + _FULL_BP - 1) // _FULL_BP
        self._duty_u16(min(count * (65_536 // self._steps), 65_535))
        self.late = LATE_MOST  # what was read before is of another duty
        self._take_burst(duty_bp)

    def _take_burst(self, duty_bp):
        """The shortest that suffices for this duty, and where its plateaus are when sorted."""
        running = 0 < duty_bp < _FULL_BP
        shortest_bp = min(duty_bp, _FULL_BP - duty_bp) if running else _FULL_BP
        burst = self._bursts[0]
        for burst in self._bursts:  # the last one, the longest, must do
            if burst.error_bp <= _ERROR_BP and burst.sure(shortest_bp) >= _SURE_READS:
                break
        self._burst = burst
        self.error_bp = burst.error_bp
        last = len(burst.reads) - 1
        self._high_at = last - self._middle_of(burst, duty_bp if running else _FULL_BP)
        self._low_at = self._middle_of(burst, _FULL_BP - duty_bp if running else _FULL_BP)

    def _middle_of(self, burst, plateau_bp):
        reads = len(burst.reads) * plateau_bp // _FULL_BP
        return max(min(reads // 2, burst.sure(plateau_bp) - 1), 0)

    def sample(self):
        """Take one burst and leave its plateaus in high_mv and low_mv (equal in steady states)."""
        burst = self._burst
        reads = burst.reads
        took_us = self._fill(reads)
        reads.sort()
        self.high_uv = reads[self._high_at]
        self.low_uv = reads[self._low_at]
        self.high_mv = self._millivolts(self.high_uv)
        self.low_mv = self._millivolts(self.low_uv)
        self.spread_uv = reads[-1] - reads[0]
        if took_us <= burst.takes_us + _LATE_US:
            self.late = 0
        elif self.late < LATE_MOST:
            self.late += 1
            return
        self.read_duty_bp = self._share_above(reads)

    def _share_above(self, reads):
        """The first read above the middle, found by halving: the reads are sorted."""
        middle_uv = self._zero_uv + _MIDDLE_MV * 1_000 // self._gain_permille * 1_000
        first, last = 0, len(reads)
        while first < last:
            half = (first + last) >> 1
            if reads[half] > middle_uv:
                last = half
            else:
                first = half + 1
        return (len(reads) - first) * _FULL_BP // len(reads)

    def calibrate(self, plus_uv: int, minus_uv: int):
        """Take the ADC readings of the unit's own +12 V and -12 V rails as the truth.

        Raises ValueError, and changes nothing, if either is further off than an ADC can be.
        """
        self._check_rails(plus_uv, minus_uv)
        self._gain_permille = 2 * RAIL_MV * 1_000 // ((plus_uv - minus_uv) // 1_000)
        self._zero_uv = (plus_uv + minus_uv) // 2

    def _check_rails(self, plus_uv, minus_uv):
        for uv, rail_mv in ((plus_uv, RAIL_MV), (minus_uv, -RAIL_MV)):
            if abs(self._millivolts(uv) - rail_mv) > self._trust_mv:
                raise ValueError("pilot calibration: %d mV rail reads %d uV" % (rail_mv, uv))

    def _millivolts(self, uv):
        return (uv - self._zero_uv) // 100 * self._gain_permille // 10_000
