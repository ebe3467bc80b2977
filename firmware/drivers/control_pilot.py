"""The control pilot: 1 kHz oscillator out, plateau voltages in.

One burst covers whole pilot periods, so that every phase is seen whatever the tick's phase is.
The commanded duty says how many reads lie on each plateau; the result is the middle one of them in
the sorted burst, so that stray reads (spikes, edges) move it only if they are as many as half the
plateau. With 1 % of spikes that happens to fewer than 2 bursts in 100 000 at any duty.

Range: -13..+13 V at the pilot. Cost on the board: 29 reads of 35 us (MicroPython issue 7495) from
16 A up, that is 1 ms; 2 ms below, 4 ms below 10 A, where the plateau is short.
"""

PERIOD_US = 1_000
FULL_BP = 10_000
SHORT_BP = 2_600  # a plateau shorter than this needs two periods for seven reads of it
SHORTER_BP = 1_600  # and below this four
RAIL_MV = 12_000
MIDDLE_MV = -4_000  # between every high plateau down to E's and the low one
TRUST_MV = 600  # 5 %: a reading further off is a fault of the rail or a car, not of the ADC


class ControlPilot:
    """high_mv, low_mv: plateaus of the last burst at the pilot, in millivolts.

    read_duty_bp: share of the burst's reads above the middle, 1/100 %; one read is 3.4 % of the
    shortest burst. spread_uv: highest less lowest read; a living converter is never at 0 for long.

    pwm: machine.PWM at 1 kHz. adc: machine.ADC with read_uv. zero_uv: ADC reading at 0 V.
    gain_permille: pilot volts per ADC volt x 1000. duty_bits: resolution of the chip's timer.
    read_us: time of one read. trust_mv: how far off a rail may read and still be calibrated.
    """

    def __init__(
        self, pwm, adc, zero_uv, gain_permille, duty_bits=16, read_us=35, trust_mv=TRUST_MV
    ):
        self._duty_u16 = pwm.duty_u16
        self._read_uv = adc.read_uv
        self._zero_uv = zero_uv
        self._gain_permille = gain_permille
        self._steps = 1 << duty_bits
        self._trust_mv = trust_mv
        reads = PERIOD_US // read_us + 1
        self._one = [0] * reads
        self._two = [0] * (2 * reads - 1)
        self._four = [0] * (4 * reads - 2)
        self.high_mv = 0
        self.low_mv = 0
        self.high_uv = 0
        self.low_uv = 0
        self.read_duty_bp = FULL_BP
        self.spread_uv = 0
        self._duty_bp = -1
        self.drive(FULL_BP)

    def drive(self, duty_bp: int):
        """Set the oscillator: 10000 steady +12 V, 0 steady -12 V, else a duty in 1/100 %.

        Rounded up to the timer's resolution: 6 A must never come out below 10 %, where some cars
        stop (SmartEVSE issue 30), and MicroPython's duty_u16 truncates.
        """
        if duty_bp == self._duty_bp:
            return
        self._duty_bp = duty_bp
        count = (duty_bp * self._steps + FULL_BP - 1) // FULL_BP
        self._duty_u16(min(count * (65_536 // self._steps), 65_535))
        self._size_burst(duty_bp)

    def _size_burst(self, duty_bp):
        running = 0 < duty_bp < FULL_BP
        shortest = min(duty_bp, FULL_BP - duty_bp) if running else FULL_BP
        if shortest >= SHORT_BP:
            self._burst = self._one
        elif shortest >= SHORTER_BP:
            self._burst = self._two
        else:
            self._burst = self._four
        count = len(self._burst)
        highs = count * duty_bp // FULL_BP if running else count
        lows = count - highs if running else count
        self._high_at = count - 1 - highs // 2
        self._low_at = lows // 2

    def sample(self):
        """Take one burst and leave its plateaus in high_mv and low_mv (equal in steady states)."""
        burst = self._burst
        read_uv = self._read_uv
        for k in range(len(burst)):
            burst[k] = read_uv()
        burst.sort()
        self.high_uv = burst[self._high_at]
        self.low_uv = burst[self._low_at]
        self.high_mv = self._millivolts(self.high_uv)
        self.low_mv = self._millivolts(self.low_uv)
        self.spread_uv = burst[-1] - burst[0]
        self.read_duty_bp = self._share_above(burst)

    def _share_above(self, burst):
        """The first read above the middle, found by halving: the burst is sorted."""
        middle_uv = self._zero_uv + MIDDLE_MV * 1_000 // self._gain_permille * 1_000
        first, last = 0, len(burst)
        while first < last:
            half = (first + last) >> 1
            if burst[half] > middle_uv:
                last = half
            else:
                first = half + 1
        return (len(burst) - first) * FULL_BP // len(burst)

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
