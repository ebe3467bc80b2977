"""Everything outside the chip: which pin of which board meets which part of the world.

Built from the same board file that the firmware reads, so any board can be simulated.
"""

from plant.adc_curve import index, table
from plant.contactor import Contactor
from plant.dice import Dice
from plant.ev import ManualEv
from plant.flash import Flash
from plant.mains import Mains
from plant.pilot_circuit import FULL_DUTY, PilotCircuit
from plant.residual_sensor import ResidualSensor

DUTY_BITS = {"esp32": 16, "esp32s2": 13, "esp32s3": 13}
GAIN = (0.993, 1.007)  # what a chip is off after its eFuse calibration, as far as drawn here
OFFSET_MV = (-10, 10)
FLASH_SECTORS = 192  # 768 KB, the journal partition of docs/build.md
IDLE_MS = 1 << 40  # a car that names a time beyond this waits to be told


class Node:
    """One digital pin. on_write(level) and read() are the part's."""

    def __init__(self, read=None, on_write=None):
        self.powered = 1
        self.level = 0
        self.read = read or self._latch
        self._on_write = on_write

    def _latch(self):
        return self.level

    def write(self, level):
        if self.powered and level != self.level:
            self.level = level
            if self._on_write:
                self._on_write(level)


class Steady:
    """An ADC pin at a voltage that changes rarely."""

    def __init__(self, world, curve):
        self._world = world
        self._curve = curve
        self.show(0)

    def show(self, mv):
        self._value_uv = self._curve[index(mv)]

    def read_uv(self):
        self._world.advance(self._world.now_us + self._world.read_us)
        return self._value_uv


class Plant:
    """log(name, value) hears what the plant sees: pilot.duty_permille, contactor.*, lock."""

    def __init__(self, world, board, seed, log):
        self.seed = seed
        self.boots = 0  # how often the supply was cut: what ran before is dead
        self.reset_cause = 1
        self.watchdog = None  # of machine.WDT, the last one made
        self.watchdog_us = 0
        self.fed_us = 0
        self.rtc_memory = b""
        self.rtc_set = None  # what the firmware has set the calendar to
        self.on_reset = None
        self._world = world
        self._log = log
        self._board = board
        self.duty_bits = DUTY_BITS[board.CHIP]
        dice = Dice(seed)
        self._dice = dice
        self._curve = table(dice.within(*GAIN), dice.within(*OFFSET_MV))
        self.flash = Flash(FLASH_SECTORS, world.stall)
        self.disk = None  # plant.disk.Disk; without one config and key live in RAM
        self.residual = ResidualSensor(world)
        self.contactor = Contactor(world, dice, self._contacts_moved)
        part = board.CONTROL_PILOT
        self.pilot = PilotCircuit(
            world,
            self._curve,
            dice,
            part["zero_uv"] / 1_000,
            1_000_000 / part["gain_permille"],
            part.get("points", ()),
        )
        self.mains = self._build_mains(dice)
        self.ev = ManualEv()
        self.earth_ok = 1
        self.pressed = 0  # the button
        self._bolt = 0
        self._step = 0
        self._build_pins(board)
        self.set_temperature(25.0)
        self.set_proximity(220.0)

    def node(self, pin):
        return self._nodes.setdefault(pin, Node())

    def channel(self, pin):
        return self._channels[pin]

    def line(self, pin, baud):
        """Return what hangs on a bus, by the pin that hears it, or None."""
        build = self._lines.get(pin)
        return build(baud) if build else None

    def reset(self, cause):
        self.reset_cause = cause
        if self.on_reset:
            self.on_reset()

    def random_bytes(self, count):
        """The chip's generator: here the same for the same seed."""
        dice = Dice(self.seed + 1)
        return bytes([dice.throw() & 0xFF for _ in range(count)])

    def set_temperature(self, celsius):
        part = getattr(self._board, "THERMOMETER", None)
        if part:
            self._thermometer.show(part["zero_uv"] / 1_000 + celsius * part["uv_per_dc"] / 100)

    def set_proximity(self, ohm):
        """ohm: None for an open contact."""
        part = getattr(self._board, "PROXIMITY", None)
        if not part:
            return
        share = 1.0 if ohm is None else ohm / (ohm + part["pull_up_ohm"])
        self._proximity.show(part["supply_mv"] * share)

    def set_earth(self, ok):
        self.earth_ok = ok
        self.pilot.earthed = ok
        self.pilot.settle()

    def power_off(self):
        """The supply is gone: coil, pilot and lock fall, the car sees a dead box."""
        for node in self._nodes.values():
            node.write(0)
            node.powered = 0
        self.boots += 1
        self.rtc_memory = b""
        if self.disk:
            self.disk.unmount()
        self.pilot.powered = 0
        self.car_changed()

    def power_on(self, cause=1):
        """cause: machine.reset_cause() of this start."""
        for node in self._nodes.values():
            node.powered = 1
        self.pilot.powered = 1
        self.reset_cause = cause
        self.car_changed()

    def car_changed(self):
        """Call after any change of the car, the duty or the contacts."""
        now_ms = self._world.now_us // 1_000
        ev = self.ev
        ev.step(now_ms, self.duty_bp(), self.contactor.closed)
        self.pilot.cp_ohm = ev.cp_ohm
        self.pilot.diode = ev.diode
        self.pilot.settle()
        amps = ev.current_a if self.contactor.closed else (0.0, 0.0, 0.0)
        self.mains.carry(list(amps), ev.waveform, ev.power_factor)
        self._step = step = self._step + 1
        if ev.next_ms < IDLE_MS:
            self._world.at(ev.next_ms * 1_000, lambda: self._wake_car(step))

    def duty_bp(self):
        if not self.pilot.powered:
            return 10_000
        pilot = self.pilot
        duty = pilot.duty if pilot.broken_duty is None else pilot.broken_duty
        return duty * 10_000 // FULL_DUTY

    def _wake_car(self, step):
        if step == self._step:
            self.car_changed()

    def _contacts_moved(self):
        self._log("contactor.closed", self.contactor.closed)
        self.car_changed()

    def _drive_pilot(self, duty):
        self.pilot.duty = duty
        self._log("pilot.duty_permille", (duty * 2_000 // FULL_DUTY + 1) // 2)
        self.car_changed()

    def _command(self, on):
        self._log("contactor.command", on)
        self.contactor.energise(on)

    def _move_bolt(self, on, place):
        if on and place != self._bolt:
            self._bolt = place
            self._log("lock", place)

    def _build_mains(self, dice):
        part = getattr(self._board, "MAINS_METER", None) or {
            "bias_uv": 0,
            "ua_per_mv": 50_000,
            "ratio": 330,
        }
        return Mains(
            self._world,
            self._curve,
            dice,
            part["bias_uv"] / 1_000,
            1_000_000 / part["ua_per_mv"],
            1_000 / part["ratio"],
        )

    def _build_pins(self, board):
        contactor = self.contactor
        residual = self.residual
        inputs = (
            ("CONTACTOR", "feedback", contactor.shown),
            ("RESIDUAL_CURRENT", "dc", lambda: residual.dc.tripped),
            ("RESIDUAL_CURRENT", "ac", lambda: residual.ac.tripped),
            ("EARTH_MONITOR", "ok", lambda: self.earth_ok),
            ("CONNECTOR_LOCK", "switch", lambda: self._lock.level),
            ("LOCK_MOTOR", "switch", lambda: self._bolt),
            ("BUTTON", "pin", lambda: 1 - self.pressed),
        )
        outputs = (
            ("CONTROL_PILOT", "pwm", self._drive_pilot),
            ("CONTACTOR", "request", self._command),
            ("RESIDUAL_CURRENT", "test", residual.test),
            ("CONNECTOR_LOCK", "lock", lambda on: self._log("lock", on)),
            ("LOCK_MOTOR", "shut", lambda on: self._move_bolt(on, 1)),
            ("LOCK_MOTOR", "open", lambda on: self._move_bolt(on, 0)),
            ("SHUNT_TRIP", "trip", lambda on: self._log("upstream.trip", on)),
        )
        self._nodes = {}
        for part, key, read in inputs:
            pin = getattr(board, part, {}).get(key)
            self._nodes[pin] = Node(read=read)
        for part, key, on_write in outputs:
            pin = getattr(board, part, {}).get(key)
            self._nodes[pin] = Node(on_write=on_write)
        self._nodes.pop(None, None)
        self._nodes.update(self.pilot.cutter(board.CONTROL_PILOT.get("disconnect")))
        self._lock = self._nodes.get(getattr(board, "CONNECTOR_LOCK", {}).get("lock"), Node())
        self._channels = {board.CONTROL_PILOT["adc"]: self.pilot}
        self._proximity = self._steady("PROXIMITY")
        self._thermometer = self._steady("THERMOMETER")
        meter = getattr(board, "MAINS_METER", {"currents": (), "voltages": ()})
        for pins, channels in (
            (meter["currents"], self.mains.currents),
            (meter["voltages"], self.mains.voltages),
        ):
            for pin, channel in zip(pins, channels):
                self._channels[pin] = channel
        self._lines = {}
        self._build_lines(board)

    def _build_lines(self, board):
        """A meter on a bus sees the same mains as the transformers would."""
        from plant import meter_lines

        shown = meter_lines.Seen(self.mains)
        self.bus_meter = None

        def keep(meter):
            self.bus_meter = meter
            return meter

        def now_ms():
            return self._world.now_us / 1_000

        part = getattr(board, "METER_BL0942", None)
        if part:
            build = meter_lines.Bl0942Chips
            self._lines[part["rx"]] = lambda baud: keep(build(shown, now_ms, baud))
        part = getattr(board, "METER_SDM630", None)
        if part:
            address = part.get("address", 1)
            meter = meter_lines.SdmMeter
            self._lines[part["rx"]] = lambda baud: keep(meter(shown, now_ms, baud, address))
        part = getattr(board, "METER_ATM90E32", None)
        if part:
            chip = keep(meter_lines.Atm90e32Chip(shown))
            self._lines[part["miso"]] = lambda baud: chip
            self._nodes[part["select"]] = Node(on_write=chip.select)

    def break_meter(self, fault):
        """A meter on a serial line answers no more, or wrongly."""
        if self.bus_meter:
            self.bus_meter.fault = None if fault == "none" else fault

    def _steady(self, name):
        part = getattr(self._board, name, None)
        channel = Steady(self._world, self._curve)
        if part:
            self._channels[part["adc"]] = channel
        return channel
