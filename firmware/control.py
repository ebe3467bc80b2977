"""The fast loop: read the drivers, let the core decide, write the drivers.

A tick allocates nothing and never waits. What can open the contactor is read first and written
first; slow measurements follow and count in the next tick. Any exception takes the safe position
and is kept for the console; the watchdog is fed only by a tick that ran to its last line.
"""

from blackbox import BlackBox
from micropython import const

from state.charging import SEQUENCES
from state.core import Core
from state.faults import ACTION, FAULTS, NOTE, WELDED
from state.offer import INSTALLER, LOCAL, RATING
from state.records import Inputs, Outputs

TICK_MS = 9  # walks through 20 and 16.7 ms mains; two votes of it still open within 30 ms
TELLING = sum(1 << k for k in range(len(FAULTS)) if FAULTS[k][ACTION] != NOTE)
STALE_MS = 30  # a closing decided on samples older than this waits for the next tick
_SLOW_TICKS = const(8)  # proximity and temperature take turns in these


class Control:
    """wiring: the drivers. settings: state.settings.Settings. exchange: snapshot and requests.

    entries: blackbox.entries() if they are there already.
    """

    def __init__(self, wiring, settings, limits_da, snapshot, requests, entries=None):
        self.inputs = Inputs()
        self.outputs = Outputs()
        self.core = Core(settings, self.inputs)
        self.inputs.limit_da[RATING] = limits_da[0]
        self.inputs.limit_da[INSTALLER] = limits_da[1]
        self.blackbox = BlackBox(self.core, self.inputs, SEQUENCES, TELLING, entries)
        requests.blackbox = self.blackbox
        self.wiring = wiring
        self.snapshot = snapshot
        self.requests = requests
        self.failure = None
        self.worst_ms = 0
        self._closed = 0
        self._turn = 0
        self._measure_proximity()
        self._measure_temperature()

    def tick(self):
        """Run one tick. Raises nothing; after an internal error only the safe position remains."""
        if self.failure is not None:
            return
        try:
            self._tick(self.wiring.clock.elapsed_ms())
        except Exception as failure:  # the one barrier: whatever it was, the contactor opens
            self.failure = failure
            self._fail_safe()

    def _tick(self, elapsed_ms):
        self.worst_ms = max(self.worst_ms, elapsed_ms)
        self._sense()
        self._read_requests()
        elapsed_ms = max(elapsed_ms, 1)
        self.blackbox.before(elapsed_ms)
        self.core.step(elapsed_ms, self.outputs)
        self.blackbox.after()
        self._act(elapsed_ms)
        self.measure(elapsed_ms)
        if self._turn == 0 or self._is_news():
            self._publish()
        self.wiring.watchdog.feed()

    def _sense(self):
        inputs, wiring = self.inputs, self.wiring
        wiring.pilot.sample()
        inputs.pilot_high_mv = wiring.pilot.high_mv
        inputs.pilot_low_mv = wiring.pilot.low_mv
        inputs.pilot_duty_bp = wiring.pilot.read_duty_bp
        inputs.pilot_spread_uv = wiring.pilot.spread_uv
        inputs.contactor_closed = wiring.contactor.is_closed()
        if wiring.residual_current:
            inputs.residual_dc = wiring.residual_current.has_dc_trip()
            inputs.residual_ac = wiring.residual_current.has_ac_trip()
        if wiring.earth:
            inputs.earth_ok = wiring.earth()
        if wiring.lock:
            inputs.lock_shut = wiring.lock.is_shut()

    def _read_requests(self):
        inputs, requests = self.inputs, self.requests
        inputs.enabled = requests.allows(self.core.session.number)
        inputs.reset_serial = requests.reset_serial
        if inputs.unlock_serial != requests.unlock_serial:
            inputs.unlock_serial = requests.unlock_serial
            if self.wiring.lock:
                self.wiring.lock.again()
        inputs.test_serial = requests.test_serial
        inputs.remote_da = requests.remote_da
        inputs.remote_lifetime_ms = requests.remote_lifetime_ms
        inputs.remote_serial = requests.remote_serial
        for k in range(len(requests.local_da)):
            inputs.limit_da[LOCAL + k] = requests.local_da[k]

    def _act(self, elapsed_ms):
        outputs, wiring = self.outputs, self.wiring
        wiring.contactor.request(self._closes())
        wiring.pilot.drive(outputs.duty_bp)
        if wiring.residual_current:
            wiring.residual_current.inject(outputs.residual_test)
        if wiring.lock:
            wiring.lock.lock(outputs.lock, elapsed_ms)
        if wiring.shunt_trip:
            wiring.shunt_trip(outputs.trip_upstream)
        if wiring.led:
            lamp = self.requests.lamp
            wiring.led.show(outputs.light if lamp < 0 else lamp)

    def _closes(self):
        """Return what to tell the contactor: it never closes in a tick that was interrupted."""
        if not self.outputs.close_contactor:
            self._closed = 0
        elif not self._closed:
            self._closed = 1 if self.wiring.clock.age_ms() <= STALE_MS else 0
        return self._closed

    def measure(self, elapsed_ms: int):
        """Take the slow measurements; they count in the next tick."""
        inputs, wiring = self.inputs, self.wiring
        if wiring.meter:
            wiring.meter.sample(inputs.contactor_closed, elapsed_ms)
            inputs.peak_ma = wiring.meter.peak_ma
            inputs.power_w = wiring.meter.power_w
            inputs.meter_valid = wiring.meter.valid
            for phase in range(3):
                inputs.phase_mws[phase] = wiring.meter.phase_mws[phase]
            if wiring.meter.ready:
                self._measure_mains(inputs, wiring.meter)
        self._turn = (self._turn + 1) % _SLOW_TICKS
        if self._turn == 0:
            self._measure_proximity()
        elif self._turn == 1:
            self._measure_temperature()

    def _measure_mains(self, inputs, meter):
        inputs.frequency_chz = meter.frequency_chz
        for phase in range(3):
            inputs.current_ma[phase] = meter.quick_ma[phase]
            inputs.voltage_mv[phase] = meter.quick_mv[phase]

    def _measure_proximity(self):
        proximity = self.wiring.proximity
        if proximity:
            proximity.sample()
            self.inputs.proximity_ohm = proximity.ohm

    def _measure_temperature(self):
        thermometer = self.wiring.thermometer
        if thermometer:
            thermometer.sample()
            self.inputs.temperature_dc = thermometer.temperature_dc

    def _is_news(self):
        events = self.core.events
        return events.written != events.stamped or self.core.pilot.letter != self.snapshot.letter

    def _publish(self):
        core, snapshot, pilot = self.core, self.snapshot, self.wiring.pilot
        core.events.stamp(self.wiring.clock.now_ms)
        snapshot.version |= 1
        snapshot.uptime_ms = self.wiring.clock.now_ms
        snapshot.letter = core.pilot.letter
        snapshot.state = core.charging.state
        snapshot.offer_da = core.offer.current_da
        snapshot.offer_slot = core.offer.slot
        snapshot.duty_bp = core.duty.bp
        if core.closing > snapshot.contactor_command:
            snapshot.contactor_cycles += 1
        snapshot.contactor_command = core.closing
        snapshot.contactor_closed = self.inputs.contactor_closed
        snapshot.faults = core.protection.faults
        snapshot.kept = self.requests.kept() | core.protection.has(WELDED)
        snapshot.lock_shut = self.inputs.lock_shut
        snapshot.cable_da = core.cable.current_da
        self._publish_session(snapshot, core.session)
        snapshot.tests_ended = core.residual_test.ended
        snapshot.test_passed = core.residual_test.last_passed
        snapshot.temperature_dc = self.inputs.temperature_dc
        snapshot.pilot_high_mv = pilot.high_mv
        snapshot.pilot_low_mv = pilot.low_mv
        snapshot.worst_tick_ms = self.worst_ms
        if self.wiring.meter:
            self._publish_meter(snapshot, self.wiring.meter)
        snapshot.version = (snapshot.version + 1) & 0xFFFFFF

    def _publish_session(self, snapshot, session):
        snapshot.session_number = session.number
        snapshot.next_session = session.following
        snapshot.session_s = session.seconds
        snapshot.closings = session.closings
        snapshot.interruptions = session.interruptions + session.outages
        for phase in range(3):
            snapshot.session_ws[phase] = session.phase_ws[phase]
            snapshot.total_wh[phase] = session.total_wh[phase]
            snapshot.rest_ws[phase] = session.rest_ws[phase]

    def _publish_meter(self, snapshot, meter):
        snapshot.power_w = meter.power_w
        snapshot.meter_valid = meter.valid
        snapshot.highest_ma = max(meter.current_ma)
        for phase in range(3):
            snapshot.current_ma[phase] = meter.current_ma[phase]
            snapshot.voltage_mv[phase] = meter.voltage_mv[phase]
            snapshot.phase_mw[phase] = meter.phase_mw[phase]

    def _fail_safe(self):
        self.wiring.contactor.request(0)  # first, and before anything that could fail again
        self.wiring.pilot.drive(0)
        self.core.fail(self.outputs)
        self.blackbox.freeze()
        self.core.events.stamp(self.wiring.clock.now_ms)
        self.snapshot.contactor_command = 0
        self.snapshot.faults = self.core.protection.faults
        self.snapshot.version += 2
