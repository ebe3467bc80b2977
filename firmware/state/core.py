"""The control core: inputs and elapsed time in, outputs and events out. Nothing else.

Order of one step: what is seen, what is wrong, what may be offered, what follows, a second
opinion. Opening is decided in the step that sees its cause; closing is slow on purpose.
"""

from micropython import const

from state import charging, events, offer, pilot
from state.charging import Charging
from state.derating import Derating
from state.duty import MINIMUM_DA, Duty
from state.events import Events
from state.faults import LASTING, STAGE_FAILED, THERMOMETER, WELDED, most_interruptions
from state.interlock import permits
from state.mains import Mains
from state.offer import Offer
from state.pilot import Pilot
from state.protection import Protection
from state.proximity import FREE, HIDDEN, USED, Cable
from state.records import NO_LIMIT, Inputs
from state.residual_test import ResidualTest
from state.session import FALSE_A_MS, Session
from state.settings import Settings

_LONG_MS = const(60_000)
# after a start, for the first reading: as long as one may be missing later
_UNMETERED_MS = const(3_000)
LOCK_RELEASE_MS = 5_000  # in F the plug is released after this (EN IEC 61851-1 D.6.5 in EVerest)
# ends of a charge that the car did not choose
UNWANTED = (charging.C1_CLOSED, charging.C2, charging.F)
UNLOCK_MS = 30_000  # to pull a plug that was given free; then it is locked again
OWNERS = (offer.DISABLED, offer.REMOTE)  # limits that somebody asked for in this moment
IDLE, CONNECTED, CHARGING, FAULTY = range(4)  # what the light tells


class Core:
    def __init__(self, settings: Settings, inputs: Inputs):
        self.settings = settings
        self.inputs = inputs
        self.events = Events()
        self.pilot = Pilot()
        self.duty = Duty()
        self.cable = Cable()
        self.offer = Offer(settings.safe_da)
        self.protection = Protection(settings.welded << WELDED)
        self.charging = Charging()
        self.residual_test = ResidualTest(settings)
        self.mains = Mains()
        self.derating = Derating()
        self.session = Session(settings)
        self.connected = 0
        self.departed_ms = 0  # how long the letter has been seen to be A
        self.open_ms = _LONG_MS  # how long the contactor has been told to open
        self.switched_ms = _LONG_MS  # since the contactor was last told anything new
        self.closing = 0  # what the contactor is told
        self.wake_due = 0
        self.highest_ma = 0  # of the phases
        self.rating_da = inputs.limit_da[offer.RATING]
        self.crashes = settings.crashes
        self.booted_ms = 0
        self.stage_failed = 0
        self.unlocking_ms = 0  # what is left of UNLOCK_MS
        self.unlocked_ms = 0  # how long the lock has been seen open; 0 without a lock
        self._woken = 0
        self._reset_serial = 0
        self._unlock_serial = 0
        self._test_serial = 0

    def step(self, elapsed_ms: int, outputs):
        """Advance by elapsed_ms (1..60000). Raises nothing on any integers; allocates nothing."""
        inputs = self.inputs
        self._see(inputs, elapsed_ms)
        self._protect(inputs, elapsed_ms)
        self._unlock(inputs, elapsed_ms)
        self._judge(inputs, elapsed_ms)
        self._account(inputs, elapsed_ms)
        self._act(outputs, elapsed_ms)

    def fail(self, outputs):
        """Take the safe position after an exception in the loop, and stay there until restart."""
        self.stage_failed = 1
        if self.closing:
            self._tell_contactor(0, charging.EXCEPTION, 0)
        if not self.protection.has(STAGE_FAILED):
            self.protection.faults |= 1 << STAGE_FAILED
            self.events.emit(events.FAULT, STAGE_FAILED)
        outputs.close_contactor = 0
        outputs.duty_bp = 0

    def _see(self, inputs, elapsed_ms):
        self.duty.age(elapsed_ms)
        self.pilot.step(inputs.pilot_high_mv, inputs.pilot_low_mv, self.duty.is_pwm(), elapsed_ms)
        self.mains.step(inputs.voltage_mv)
        if not self.closing:
            self.mains.age(elapsed_ms)
        current_ma = inputs.current_ma
        self.highest_ma = max(current_ma[0], current_ma[1], current_ma[2])
        letter = self.pilot.letter
        seen_ms = min(elapsed_ms, pilot.SEEN_MS)
        self.departed_ms = min(self.departed_ms + seen_ms, _LONG_MS) if letter == pilot.A else 0
        self.connected = 1 if pilot.A < letter < pilot.E else 0
        self.cable.step(inputs.proximity_ohm, self._socket(), elapsed_ms)
        shut = inputs.lock_shut or not self.settings.has_lock
        self.unlocked_ms = 0 if shut else min(self.unlocked_ms + elapsed_ms, _LONG_MS)
        self._test_monitor(inputs, elapsed_ms)

    def _socket(self):
        """In E, in F and in a car's short A the session goes on, and with it the cable."""
        if self.connected:
            return USED
        return HIDDEN if self.session.number and not self.session.cut else FREE

    def _test_monitor(self, inputs, elapsed_ms):
        """Before each session and after a day without one, the contactor being open."""
        test = self.residual_test
        open_now = not self.closing and not inputs.contactor_closed
        if inputs.test_serial != self._test_serial:
            self._test_serial = inputs.test_serial
            if open_now:
                test.ask()
        if open_now and not test.running and (self.departed_ms or test.stale):
            test.forget()
        due = open_now and (self.connected or test.stale)
        test.step(due, inputs.residual_dc or inputs.residual_ac, elapsed_ms)

    def _protect(self, inputs, elapsed_ms):
        before = self.protection.faults
        reset = inputs.reset_serial != self._reset_serial
        self._reset_serial = inputs.reset_serial
        if reset:
            self._pardon()
        if self.departed_ms >= FALSE_A_MS:
            self.protection.forgive()
        self.protection.step(self, reset, elapsed_ms)
        changed = before ^ self.protection.faults
        row = 0
        while changed:
            if changed & 1:
                now = self.protection.has(row)
                self.events.emit(events.FAULT if now else events.FAULT_CLEARED, row)
            changed >>= 1
            row += 1

    def _pardon(self):
        """Someone asked to clear: what is still there will be found again."""
        self.crashes = 0
        self.session.interruptions = 0
        self.session.commanded = 0
        self.protection.forgive()
        if self.residual_test.failed:
            self.residual_test.forget()

    def _judge(self, inputs, elapsed_ms):
        rated = self.settings.has_socket and self._socket() != FREE
        inputs.limit_da[offer.CABLE] = self.cable.current_da if rated else NO_LIMIT
        simplified = self.settings.simplified_da and self.session.from_request
        inputs.limit_da[offer.SIMPLIFIED] = self.settings.simplified_da if simplified else NO_LIMIT
        self.rating_da = inputs.limit_da[offer.RATING]
        cool_da = self.derating.step(inputs.temperature_dc, self.rating_da, MINIMUM_DA)
        blind = self.protection.has(THERMOMETER)
        inputs.limit_da[offer.TEMPERATURE] = MINIMUM_DA if blind else cool_da
        inputs.limit_da[offer.METER] = MINIMUM_DA if self._is_unmetered(inputs) else NO_LIMIT
        before_da, before_slot = self.offer.current_da, self.offer.slot
        self.offer.step(inputs, self.protection.stopping, elapsed_ms)
        if self.offer.current_da and self.session.commanded >= most_interruptions(self):
            self.offer.refuse(offer.PACED)
        if before_da != self.offer.current_da or before_slot != self.offer.slot:
            self.events.emit(events.OFFER, self.offer.current_da, self.offer.slot)
        if self.charging.step(self, elapsed_ms):
            self.events.emit(
                events.STATE, self.charging.previous, self.charging.state, self.charging.rule
            )
            self._note_wake()
            self._note_interruption()

    def _is_unmetered(self, inputs):
        """Over-currents and welds would read as 0 A: then the car is told the least."""
        return not inputs.meter_valid and self.booted_ms >= _UNMETERED_MS

    def _note_wake(self):
        """A signal is for a car that slept through the offer, so often per session and no more."""
        state = self.charging.state
        if state == charging.B2 and self.charging.previous == charging.B1:
            self.wake_due = self._may_wake()
        elif state == charging.C2:
            self.wake_due = 0
        elif state == charging.WAKE:
            self._woken += 1
            self.wake_due = self._may_wake()
            self.events.emit(events.WAKE, self._woken)

    def _note_interruption(self):
        """The box ended a charge that the car wanted, by itself or because it was told to.

        What passes (commands, limits, heat, mains) is paced; a fault of the car's side or of the
        box, and a lock that opens, count to the end of the plug-in.
        """
        state = self.charging.state
        if self.charging.previous != charging.C2_CLOSED or state not in UNWANTED:
            return
        session = self.session
        if state == charging.C2 or self.protection.faults & LASTING:
            session.interruptions += 1
            return
        session.commanded += 1
        if state != charging.C1_CLOSED or self.offer.slot not in OWNERS:
            session.outages += 1

    def _may_wake(self):
        return 1 if self._woken < self.settings.wake_signals else 0

    def _account(self, inputs, elapsed_ms):
        self.booted_ms = min(self.booted_ms + elapsed_ms, _LONG_MS)
        if self.connected and not self.session.number:
            at_boot = self.booted_ms < charging.STEADY_HOLD_MS
            self.session.start(self.pilot.letter != pilot.B and not at_boot)
            self._woken = 0
            self.events.emit(events.SESSION_STARTED, self.session.number)
        if not self.session.number:
            return
        if self.connected:
            self.session.cut = 0
        self.session.step(inputs.phase_mws, elapsed_ms)
        if self.departed_ms >= FALSE_A_MS:
            self.events.emit(
                events.SESSION_ENDED,
                self.session.end(),
                self.session.energy_ws() // 3_600,
                self.session.seconds,
                self.session.end_cause(),
                self.session.closings,
            )

    def _act(self, outputs, elapsed_ms):
        self.switched_ms = min(self.switched_ms + elapsed_ms, _LONG_MS)
        self.open_ms = 0 if self.closing else min(self.open_ms + elapsed_ms, _LONG_MS)
        state = self.charging.state
        self.duty.drive(charging.DRIVE[state], self.offer.current_da)
        close = charging.CLOSE[state]
        if close and not permits(self):
            self.charging.refuse()
            close = 0
        if close != self.closing:
            self._tell_contactor(close, self.charging.rule, self._cause_ms())
        outputs.close_contactor = close
        outputs.duty_bp = self.duty.bp
        outputs.lock = self._lock()
        outputs.trip_upstream = self.protection.has(WELDED) and self._may_be_welded()
        outputs.residual_test = self.residual_test.injects()
        outputs.light = self._light(close)

    def _may_be_welded(self):
        """A mirror contact that says open outweighs a current: a transformer may be wrong."""
        return 0 if self.settings.has_feedback and not self.inputs.contactor_closed else 1

    def _tell_contactor(self, close, rule, cause_ms):
        self.closing = close
        self.switched_ms = 0
        if close:
            self.session.closings += 1
        seen = self.inputs
        self.events.emit(
            events.CONTACTOR, close, rule, seen.pilot_high_mv, seen.pilot_low_mv, cause_ms
        )

    def _cause_ms(self):
        if self.charging.state == charging.F:
            return self.protection.built_ms
        return self.pilot.leaving_ms  # 0 while the letter holds

    def _unlock(self, inputs, elapsed_ms):
        """Give the plug free on request, unless it is or may be live; nothing closes meanwhile."""
        self.unlocking_ms = max(self.unlocking_ms - elapsed_ms, 0)
        if inputs.unlock_serial != self._unlock_serial:
            self._unlock_serial = inputs.unlock_serial
            if not self._may_be_live(inputs):
                self.unlocking_ms = UNLOCK_MS

    def _may_be_live(self, inputs):
        """A welded plug is live, whatever the pilot says."""
        return self.closing or inputs.contactor_closed or self.protection.has(WELDED)

    def _lock(self):
        if self._may_be_live(self.inputs):
            return 1
        if self.charging.state == charging.F:
            return 1 if self.charging.held_ms < LOCK_RELEASE_MS else 0
        if self.pilot.letter == pilot.F:
            return 1  # our own -12 V hides the car: nobody has unplugged as far as we know
        return 0 if self.unlocking_ms else self.connected

    def _light(self, close):
        if self.protection.stopping:
            return FAULTY
        if close:
            return CHARGING
        return CONNECTED if self.session.number else IDLE
