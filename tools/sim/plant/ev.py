"""Cars that behave: ModelEv follows a row of ev_models, ManualEv does what a scenario says.

Both show cp_ohm (None: unplugged), diode, current_a (RMS of three phases), power_factor and
waveform, and ask through next_ms for their next step(now_ms, duty_bp, energised).
duty_bp: pilot duty in 1/100 %, 10000 steady +12 V, 0 steady -12 V.
"""

from plant.dice import Dice
from plant.ev_battery import Battery
from plant.ev_models import complete
from plant.ev_parts import FAR_MS, Patience, Resistor, Slope, offer_a

STEADY_MS = 1_000
SLOPE_MS = 200
STEADY_PLUS_BP = 10_000
DIGITAL_BP = (300, 700)  # IEC 61851-1 table A.8: a wish for ISO 15118
CUT_A = 1.0  # seq. 10.1: below this a car opens S2, and nothing was cut
TOLERANCE_A = 0.1  # a duty of 13.33 % is 8 A to a car that wants 8 A


class ModelEv:
    """A car by its row, plugged in at plug_in_ms. Same row, seed and steps: same behaviour.

    battery_wh: energy received at 230 V. is_done: full; it will not charge again.
    """

    def __init__(self, row, seed, plug_in_ms):
        row = complete(row)
        self._row = row
        self._dice = Dice(seed + 61_851)  # another series than the plant's own
        self.battery = Battery(row)
        self._pilot = Resistor(row["b_ohm"])
        self._pilot.overlay(
            plug_in_ms, plug_in_ms + row["toggle_ms"], row["c_ohm"], row["toggle_period_ms"]
        )
        self._slope = Slope()
        self._patience = Patience(row)
        self._up_a_s = self._draw("up_a_s")
        self._phase = self._resting
        self._plug_in_ms = plug_in_ms
        self._last_ms = plug_in_ms
        self._duty_bp = STEADY_PLUS_BP
        self._duty_ms = plug_in_ms  # when the duty last changed
        self._withdrawn_ms = plug_in_ms  # since when there is no offer
        self._offer_a = 0.0  # what the pilot says
        self._limit_a = 0.0  # what the car obeys
        self._limit_due_ms = None
        self._due_ms = plug_in_ms
        self._hold_ms = 0  # pause after the stop that is under way
        self._asleep = row["asleep"]
        self._awake_ms = None
        self._next_pause_ms = row["pause_every_ms"]
        self._taking = 0
        self._live_ms = None
        self._was_charging = 0
        self._is_pulsed = 0
        self.is_done = 0
        self.cp_ohm = row["b_ohm"]
        self.diode = 1
        self.current_a = [0.0, 0.0, 0.0]
        self.power_factor = row["power_factor"]
        self.waveform = row["waveform"]
        self.next_ms = plug_in_ms + 1

    def step(self, now_ms, duty_bp, energised):
        """Live up to now_ms and see this duty and this contactor from then on."""
        if self._phase is None:
            self.next_ms = now_ms + FAR_MS
            return
        self._count(now_ms)
        if not energised:
            if self._slope.at(now_ms) >= CUT_A:
                self._patience.cut()
            self._slope.reset()
            self._live_ms = None
        elif self._live_ms is None:
            self._live_ms = now_ms
        if duty_bp != self._duty_bp:
            self._hear(now_ms, duty_bp)
        due_ms = self._phase(now_ms)
        while due_ms <= now_ms:  # the phase moved on: ask the next one
            due_ms = self._phase(now_ms)
        self._show(now_ms)
        self.next_ms = min(due_ms, self._pilot.next_ms(now_ms))

    def unplug(self):
        """Pull the plug. Nothing more will come from this car."""
        self._phase = None
        self.cp_ohm = None
        self.current_a = [0.0, 0.0, 0.0]

    @property
    def battery_wh(self):
        return self.battery.wh

    def _draw(self, name):
        low, high = self._row[name]
        return self._dice.within(low, high)

    def _draw_ms(self, name):
        return int(self._draw(name))

    def _count(self, now_ms):
        span_ms = now_ms - self._last_ms
        self._last_ms = now_ms
        self.battery.take(span_ms, sum(self.current_a) * self.power_factor)
        if self._taking:
            self.battery.charged_ms += span_ms
        self._taking = 0

    def _hear(self, now_ms, duty_bp):
        row = self._row
        if not self._duty_bp and now_ms - self._duty_ms >= row["wake_ms"]:
            self._asleep = 0
            self._withdrawn_ms = now_ms
        was_a = self._offer_a
        self._offer_a = offer_a(duty_bp) if duty_bp >= row["min_duty_bp"] else 0.0
        self._duty_bp = duty_bp
        self._duty_ms = now_ms
        if row["digital_sticks"] and DIGITAL_BP[0] <= duty_bp <= DIGITAL_BP[1]:
            self._asleep = 1
        if not self._offer_a:
            if was_a:
                self._withdraw(now_ms)
            return
        if not was_a:
            self._doze(now_ms)
            self._patience.offered(now_ms)
        elif row["glitch_ms"]:
            from_ms = now_ms + row["glitch_after_ms"]
            self._pilot.overlay(from_ms, from_ms + row["glitch_ms"], row["b_ohm"])
        if self._limit_due_ms is None:
            choices = row["reaction_ms"]
            self._limit_due_ms = now_ms + choices[self._dice.throw() % len(choices)]

    def _withdraw(self, now_ms):
        self._withdrawn_ms = now_ms
        if self._live_ms is not None:
            self._patience.stopped(now_ms)

    def _doze(self, now_ms):
        """An offer came: was the wait so long that the car sleeps?"""
        row = self._row
        after_ms = row["sleeps_after_ms"]
        if after_ms is not None and now_ms - self._withdrawn_ms >= after_ms:
            self._asleep = 1
        self._awake_ms = None
        if row["self_wake_ms"]:
            self._awake_ms = now_ms + self._draw_ms("self_wake_ms")

    def _resting(self, now_ms):
        """S2 open (or the car in C without current): waits for an offer it likes."""
        if self.is_done or self._patience.is_over:
            return now_ms + FAR_MS
        if self._offer_a + TOLERANCE_A < self._row["min_a"]:
            return now_ms + FAR_MS
        if now_ms < self._due_ms:
            return self._due_ms
        if self._asleep:
            if self._awake_ms is None or now_ms < self._awake_ms:
                return self._awake_ms or now_ms + FAR_MS
            self._asleep = 0
        self._due_ms = self._start_ms(now_ms)
        self._is_pulsed = 0
        self._phase = self._starting
        return now_ms

    def _start_ms(self, now_ms):
        from_ms = max(now_ms, self._plug_in_ms + self._row["toggle_ms"])
        if self._was_charging:
            from_ms += self._show_false_a(now_ms)
        return from_ms + self._draw_ms("start_ms")

    def _show_false_a(self, now_ms):
        if not self._row["false_a_ms"]:
            return 0
        span_ms = self._draw_ms("false_a_ms")
        self._pilot.overlay(now_ms, now_ms + span_ms, None)
        return span_ms

    def _starting(self, now_ms):
        row = self._row
        if not self._offer_a:
            self._due_ms = now_ms
            self._phase = self._resting
            return now_ms
        if now_ms < self._due_ms:
            return self._due_ms
        if row["pulse_ms"] and not self._is_pulsed:
            self._is_pulsed = 1
            until_ms = now_ms + row["pulse_ms"]
            self._pilot.overlay(now_ms, until_ms, row["c_ohm"])
            self._due_ms = until_ms + row["pulse_gap_ms"]
            return self._due_ms
        self._pilot.base = row["c_ohm"]
        self._limit_a = self._offer_a
        self._limit_due_ms = None
        self._phase = self._drawing
        return now_ms

    def _drawing(self, now_ms):
        """S2 closed: takes what it is allowed to, as soon as the contactor closes."""
        if self._patience.is_over:
            return self._stop(now_ms, 0)
        live = self._live_ms is not None
        if not self._offer_a and not (live and self._row["on_stop"] == "draw"):
            return self._stop(now_ms, self._draw_ms("stop_ms"))
        if not live:
            return now_ms + FAR_MS
        if self.battery.is_finished(now_ms):
            self.is_done = 1
            return self._stop(now_ms, 0)
        if self._next_pause_ms and self.battery.charged_ms >= self._next_pause_ms:
            self._next_pause_ms += self._row["pause_every_ms"]
            return self._stop(now_ms, 0, self._draw_ms("pause_ms"))
        self._taking = 1
        self._was_charging = 1
        self._obey(now_ms)
        self._slope.aim(
            now_ms,
            min(self._limit_a, self.battery.wanted_a(now_ms, self._live_ms)),
            self._up_a_s,
            self._row["down_ms"],
        )
        due_ms = now_ms + (SLOPE_MS if self._slope.is_moving(now_ms) else STEADY_MS)
        return min(due_ms, self._limit_due_ms or due_ms)

    def _obey(self, now_ms):
        if self._limit_due_ms is not None and now_ms >= self._limit_due_ms:
            self._limit_due_ms = None
            if self._offer_a:
                self._limit_a = self._offer_a

    def _stop(self, now_ms, delay_ms, hold_ms=0):
        self._due_ms = now_ms + delay_ms
        self._hold_ms = hold_ms
        self._phase = self._stopping
        return now_ms

    def _stopping(self, now_ms):
        """Current below 1 A, then S2 opens: IEC 61851-1 seq. 7 and 10.1."""
        if now_ms < self._due_ms:
            return min(self._due_ms, now_ms + SLOPE_MS)
        self._slope.aim(now_ms, 0.0, 1, self._row["fall_ms"])
        if self._slope.is_moving(now_ms):
            return now_ms + SLOPE_MS
        self._due_ms = now_ms + self._hold_ms
        stays = self._row["on_stop"] == "stay" and not (self._offer_a or self.is_done)
        if not stays:
            self._pilot.base = self._row["b_ohm"]
            self._show_false_a(now_ms)
        self._phase = self._resting
        return now_ms

    def _show(self, now_ms):
        amps = self._slope.at(now_ms)
        phases = self._row["phases"]
        self.current_a = [amps] * phases + [0.0] * (3 - phases)
        self.cp_ohm = self._pilot.ohm(now_ms)
        self.power_factor = self.battery.power_factor(amps)


class ManualEv:
    """Draws current_a whenever it is plugged in and energised; follow: never above the offer.

    current_a is set to what is wanted and reads as what flows.
    """

    def __init__(self):
        self.cp_ohm = None
        self.diode = 1
        self.power_factor = 1.0
        self.waveform = None
        self.follow = 0
        self.next_ms = FAR_MS
        self._wanted_a = [0.0, 0.0, 0.0]
        self._drawn_a = [0.0, 0.0, 0.0]

    @property
    def current_a(self):
        return self._drawn_a

    @current_a.setter
    def current_a(self, amps):
        self._wanted_a = amps

    def step(self, now_ms, duty_bp, energised):
        """Call after any change of its fields, the duty or the contactor."""
        most_a = offer_a(duty_bp) if self.follow else 1e9
        flows = energised and self.cp_ohm is not None
        self._drawn_a = [min(amps, most_a) if flows else 0.0 for amps in self._wanted_a]
        self.next_ms = now_ms + FAR_MS
