"""The test bench: one plant, one box with the real firmware, a log of signals, a broker.

run() plays a list of scenario rows. Everything that happens is written by name and millisecond.
"""

import json
import random
import socket
import sys

import machine
import world as worlds
from broker import Broker
from calm import Calm
from signals import Signals
from stimulus import apply
from world import BoxDied, World

from plant.plant import Plant
from state.charging import NAMES
from state.faults import FAULTS
from state.pilot import LETTERS

SERVICE_US = 100_000
METER_READS = 9  # at the end of a tick
REMOVED = "none"


def _faults(box, bits):
    return "+".join(row[0] for k, row in enumerate(FAULTS) if bits >> k & 1)


def _register(snapshot):
    return sum(snapshot.total_wh) + sum(snapshot.rest_ws) / 3_600


def _break(*_):
    raise RuntimeError("broken on purpose")


# field of the snapshot, signal, text of a value
WATCHED = (
    ("letter", "cp.state", lambda box, value: LETTERS[value]),
    ("state", "iec.state", lambda box, value: NAMES[value]),
    ("offer_da", "offer.a", lambda box, value: "%.1f" % (value / 10)),
    ("offer_slot", "offer.reason", lambda box, value: box.requests.name_of(value)),
    ("faults", "fault", _faults),
    ("session_number", "session.id", lambda box, value: value or ""),
    ("register", "energy.wh", lambda box, value: "%.1f" % value),
    ("highest_ma", "current.a", lambda box, value: "%.2f" % (value / 1_000)),
    ("power_w", "power.w", lambda box, value: value),
)


class Bench:
    """board: module. values: config by name. seed: of everything random. out: path of signals."""

    def __init__(self, board, values, seed, out, world=None):
        self.board = board
        self.values = values
        self.world = worlds.current = world or World()
        self.calm = Calm(self)
        self.signals = Signals(self.world, out)
        self.plant = machine.plant = Plant(self.world, board, seed, self.signals.log)
        self.plant.on_reset = self._restart
        self.broker = socket.broker = Broker()
        random.seed(seed)  # the link's jitter: same seed, same bytes
        self.box = None
        self._version = None
        self._seen = [None] * 10
        self._local = {}
        self._broken = ""
        self._key = None
        self.busy = 0
        self.spares_services = False  # True: a service that fails ends no scenario
        self.cause = 1  # of the next reset: a cut
        self._starts_again = False  # after the dead box's code has been left
        self.stirred_us = 0  # when the scenario last touched anything

    def run(self, rows, until_ms):
        """Play rows [[t_ms, signal, value], ...] and stop at until_ms."""
        self._rows = iter(rows)
        self._play()
        if self.box is None and not any(row[1] == "power" and row[0] <= 0 for row in rows):
            self.power(1)
        end_us = int(until_ms * 1_000)
        while self.world.now_us < end_us:
            self.serve(end_us - self.world.now_us)
        self.signals.close()

    def _play(self):
        """Apply every row that is due, and come back for the next one."""
        for t_ms, signal, value in self._rows:
            due_us = int(t_ms * 1_000)
            if due_us > self.world.now_us or self.world.is_dying:
                self.world.at(max(due_us, self.world.now_us), self._due(signal, value))
                return
            self.action(signal, value)()

    def _due(self, signal, value):
        act = self.action(signal, value)

        def act_and_go_on():
            try:
                act()
            except BoxDied as died:  # in the time that this row let pass
                self.world.at(self.world.now_us, self._play)
                raise died  # bare, the native emitter does not know it
            self._play()

        return act_and_go_on

    def serve(self, most_us=SERVICE_US):
        """One turn of the services, then let time pass."""
        if self.box and not self.busy:
            self._live(self.box.serve)
        if self.box and self.box.service_failure and not self.spares_services:
            raise self.box.service_failure  # the box goes on without it; a test does not
        self.world.sleep_us(min(SERVICE_US, most_us))

    def _live(self, run):
        """Run the box's own code to its end, or to the box's. A box that was reset starts anew."""
        world = self.world
        world.lives += 1
        try:
            run()
        except BoxDied as died:
            if world.lives > 1:
                raise died  # bare, the native emitter does not know it
        finally:
            world.lives -= 1
            world.is_dying = world.is_dying and world.lives > 0
        if self._starts_again and not world.lives:
            self._starts_again = False
            self.power(1)

    def power(self, on):
        """Give or take the supply. A box that runs at this moment is left at its next event."""
        if on and self.box is None and not self.world.lives:
            self.plant.power_on(self.cause)
            self.cause = 1
            self._live(self._boot)
        elif not on and (self.box is not None or self.world.lives):
            self.world.stop_ticks()
            self.box = None
            if "main" in sys.modules:
                sys.modules["main"].box = None
            self.broker.drop()
            self.plant.power_off()
            self.world.is_dying = self.world.lives > 0

    def dump(self, path):
        """Write the black box's lines, one JSON value each; an empty file if it is not frozen."""
        with open(path, "w") as file:
            if self.box and self.box.control.blackbox.frozen:
                for line in self.box.control.blackbox.lines():
                    file.write(json.dumps(line) + "\n")

    def set_broker(self, mode):
        self.broker.set_mode(mode)

    def limit(self, name, value):
        from state.records import NO_LIMIT

        if value in (None, REMOVED):
            da = NO_LIMIT if self._local.pop(name, None) is not None else None
        else:
            da = self._local[name] = int(float(value) * 10)
        if self.box and da is not None:
            self.box.requests.limit_locally(name, da)

    def hold_services(self, busy):
        """The thread of the services and the REPL gets no turn, as behind a long computation."""
        self.busy = busy

    def flood(self, count):
        """The box has so much to tell that its outbox runs over, if nobody takes it."""
        for _ in range(count):
            self.box.reporter.tell({"event": "flood", "text": "x" * 60})
        self.signals.log("outbox.dropped", self.box.outbox.dropped)

    def break_loop(self, how):
        """hang: the control loop stops. raise: its next tick meets an error. none: as it was.

        panic: the chip's own code resets it, once; MicroPython calls that a hard reset.
        """
        if how == "panic":
            self.plant.reset(machine.HARD_RESET)
        else:
            self._broken = "" if how == REMOVED else how

    def command(self, name, payload):
        """Publish a command as a controller would."""
        topic = "wallbox/%s/command/%s" % (self.values.get("box_id", "box"), name)
        self.broker.publish(topic, payload)

    def action(self, signal, value):
        def act():
            self.stirred_us = self.world.now_us
            apply(self, signal, value)

        return act

    def _boot(self):
        sys.modules.pop("boot", None)  # runs at every start, as on a board
        import boot  # noqa: F401

        self.compose()

    def compose(self):
        """Build the box and let it run: what main.run() does on a board."""
        import main
        from wallbox import Box

        from storage.config import Config
        from storage.meter_key import MeterKey

        folder = self.plant.disk.mount() if self.plant.disk else None
        config = Config(folder and folder + "/config.json")
        for name, value in self.values.items():
            if config[name] != value:
                config.set(name, value)
        if folder or not self._key:
            self._key = MeterKey(folder and folder + "/meter.key", self.plant.random_bytes)
        box = main.box = Box(self.board, config, self._key, main.recovered())
        config.may_write = box.is_quiet
        box.reporter.listeners.append(self._event)
        for name, da in self._local.items():
            box.requests.limit_locally(name, da)
        self.box = box
        box.calibrate()
        self.world.start_ticks(self._tick)

    def _restart(self):
        """The chip was reset, not cut: what is in its RTC memory stays."""
        kept, cause = self.plant.rtc_memory, self.plant.reset_cause
        self.power(0)
        self.plant.rtc_memory, self.cause = kept, cause
        if self.world.is_dying:
            self._starts_again = True
        else:
            self.power(1)

    def _tick(self):
        box = self.box
        if self._broken:
            self._spoil(box)
        if self._broken == "hang" or self.calm.skips():
            return
        start_us = self.world.now_us
        self._live(box.control.tick)
        if box is not self.box:
            return
        self.calm.lead_us = self.world.now_us - start_us - METER_READS * self.world.read_us
        self._watch(box)

    def _spoil(self, box):
        """An error in the loop, as a bug would make it."""
        if self._broken == "raise":
            box.control.core.step = _break

    def _watch(self, box):
        """Log what the firmware thinks, where it changed; pass on events at their millisecond."""
        snapshot, seen = box.snapshot, self._seen
        if snapshot.version == self._version:
            return
        self._version = snapshot.version
        for k in range(len(WATCHED)):
            field, signal, text = WATCHED[k]
            value = _register(snapshot) if field == "register" else getattr(snapshot, field)
            if value != seen[k]:
                seen[k] = value
                self.signals.log(signal, text(box, value))
        events = box.control.core.events
        if events.read != events.stamped and not self.busy:
            box.reporter.poll()

    def _event(self, event):
        self.signals.event("event", json.dumps(event))
