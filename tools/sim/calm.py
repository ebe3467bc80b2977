"""When nothing can change, most ticks need not be run whole: the skip-ahead of simulated time.

While the box is calm, nine ticks in ten only take their meter samples, so that energy stays exact;
the tenth runs whole and is told the time that passed, which the core counts like any other.
Whatever is about to happen in the plant, has just happened, or is being timed by the core, brings
every tick back; so does noise that a burst could misread.
"""

from state import charging

SKIPPED = 10
STIRRED_US = 5_000_000  # every tick is run for so long after an event, a row or a command
MOVED_US = 50_000  # and for so long after the plant moved: five ticks, more than the votes
NOISE_V = 0.1
RESTING = (charging.A1, charging.B1, charging.B2, charging.C2_CLOSED)


class Calm:
    """allowed: False runs every tick whole."""

    def __init__(self, bench):
        self._bench = bench
        self._written = 0
        self._left = 0
        self._worst_ms = 0
        self.lead_us = 0  # from the start of a whole tick to its meter samples
        self.allowed = True

    def skips(self) -> bool:
        """Return True if the coming tick was only a sample for the meter."""
        control = self._bench.box.control
        if any(control.inputs.phase_mws):
            self._left = 0  # the core must hear of it now
            return False
        if not self._left:
            self._left = SKIPPED if self.allowed and self._is_calm() else 0
            if self._left:
                self._worst_ms = control.worst_ms
            return False
        self._left -= 1
        world = self._bench.world
        world.advance(world.now_us + self.lead_us)
        control.measure(0)
        if not self._left:
            control.wiring.watchdog.feed()
        return True

    def _is_calm(self):
        bench = self._bench
        world = bench.world
        now_us = world.now_us
        if now_us - world.moved_us < MOVED_US:
            return False
        if world.next_us - now_us < (SKIPPED + 2) * world.tick_us:
            return False
        control = bench.box.control
        core = control.core
        if self._worst_ms:
            control.worst_ms = self._worst_ms  # the pause was ours, not the firmware's
        if core.events.written != self._written:
            self._written = core.events.written
            bench.stirred_us = now_us
        if now_us - bench.stirred_us < STIRRED_US:
            return False
        pilot = bench.plant.pilot
        return pilot.spike_ppm == 0 and pilot.noise_v <= NOISE_V and self._is_resting(core)

    def _is_resting(self, core):
        if core.charging.state not in RESTING or core.protection.busy:
            return False
        waiting = core.charging.state == charging.B2 and core.wake_due
        return not waiting and not core.offer.remote.left_ms and not core.residual_test.running
