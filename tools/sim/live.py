"""The virtual box at a pace a person can follow, against a real broker: one car, one session.

Prints a JSON line about five times a second of real time and a summary at the end; the host's
`box run` shows them. Time is simulated all the same; only its speed is tied to the wall clock.
"""

import json
import socket

import utime

from plant.ev import ModelEv
from plant.ev_models import find
from state.charging import NAMES
from state.faults import FAULTS
from state.pilot import LETTERS

PLUG_IN_MS = 5_000
GO_MS = 10_000  # between the end of charging and unplugging
REPORT_US = 200_000
TOLERANCE = 0.02  # of the session's energy against the plant's own count
DRAIN_MS = 120_000
COOKS_FROM, COOKS_TO = 0.3, 0.45  # of the way: someone cooks, and the offer must follow
HOUSE_A = 16
UNWANTED_MS = 600_000  # a car that was not charged until then never will be
TELEMETRY_S = 60


class Live:
    """job: ev, speed (simulated seconds a second; 0 no limit), until_ms, broker, out."""

    def __init__(self, bench, job):
        self._bench = bench
        self._job = job
        self._speed = job["speed"]
        self._start_us = utime.ticks_us()
        self._reported_us = -REPORT_US
        self._wall_us = 0
        self._ticks_seen = self._start_us
        self._phase = "starting"
        self._car = None
        self._house = [(COOKS_FROM, str(HOUSE_A)), (COOKS_TO, "none")]
        self._followed = True
        socket.broker = None
        values = bench.values
        values["broker_host"] = job["broker"]["host"]
        values["broker_port"] = job["broker"]["port"]
        values["broker_tls"] = 0  # mqtt://
        values["ntp_host"] = ""  # simulated time has its own pace
        values["telemetry_s"] = max(10, self._speed * TELEMETRY_S // 300)

    def run(self):
        bench = self._bench
        bench.world.pace = self._pace
        bench.power(1)
        self._serve_until(PLUG_IN_MS)
        spec = find(self._job["ev"])
        now_ms = bench.world.now_us // 1_000
        self._car = bench.plant.ev = ModelEv(spec, bench.plant.seed, now_ms)
        bench.plant.car_changed()
        self._phase = "plugged in"
        self._charge()
        letter = LETTERS[bench.box.snapshot.letter]
        self._phase = "finished"
        bench.box.requests.enabled = 0  # a driver who leaves early stops the car first
        now_ms = bench.world.now_us // 1_000
        self._serve_until(now_ms + GO_MS)
        true_mws = bench.plant.mains.settled_mws()
        self._car.unplug()
        bench.plant.car_changed()
        self._phase = "unplugged"
        self._serve_until(now_ms + 2 * GO_MS)
        self._drain()
        bench.signals.close()
        self._summarise(true_mws, letter)

    def _charge(self):
        bench = self._bench
        start_us = bench.world.now_us
        until_us = start_us + self._job["until_ms"] * 1_000
        unwanted_us = start_us + UNWANTED_MS * 1_000
        while bench.world.now_us < until_us and not self._car.is_done:
            if bench.plant.contactor.closed:
                self._phase = "charging"
            elif self._phase == "plugged in" and bench.world.now_us > unwanted_us:
                return
            self._cook()
            bench.serve()

    def _cook(self):
        """Limit the house's share in the middle of the way, once, and see that it was obeyed."""
        if not self._house or self._progress() < self._house[0][0]:
            return
        if len(self._house) == 1:
            self._followed = self._bench.box.snapshot.offer_da <= HOUSE_A * 10
        self._bench.action("limit.house", self._house.pop(0)[1])()

    def _drain(self):
        """Give the link time to hand over what is still waiting."""
        end_us = self._bench.world.now_us + DRAIN_MS * 1_000
        while self._bench.world.now_us < end_us and self._waiting():
            self._bench.serve()

    def _waiting(self):
        return len(self._bench.box.reporter.outbox)

    def _serve_until(self, t_ms):
        while self._bench.world.now_us < t_ms * 1_000:
            self._bench.serve()

    def _pace(self, now_us):
        ticks = utime.ticks_us()
        self._wall_us += utime.ticks_diff(ticks, self._ticks_seen)
        self._ticks_seen = ticks
        ahead_us = now_us // self._speed - self._wall_us if self._speed else 0
        if ahead_us > 2_000:
            utime.sleep_us(ahead_us)
        if self._wall_us - self._reported_us >= REPORT_US:
            self._reported_us = self._wall_us
            self._report()

    def _report(self):
        box = self._bench.box
        shown = box.snapshot
        print(
            json.dumps(
                {
                    "t_ms": self._bench.world.now_us // 1_000,
                    "cp": LETTERS[shown.letter],
                    "iec": NAMES[shown.state],
                    "duty_permille": (shown.duty_bp + 5) // 10,
                    "offer_a": shown.offer_da / 10,
                    "offer_reason": box.requests.name_of(shown.offer_slot),
                    "current_a": [ma / 1_000 for ma in shown.current_ma],
                    "power_w": shown.power_w if shown.contactor_closed else 0,
                    "energy_wh": sum(shown.session_ws) / 3_600,
                    "closed": shown.contactor_closed,
                    "fault": self._faults(shown.faults),
                    "session": shown.session_number,
                    "phase": self._phase,
                    "progress": self._progress(),
                }
            )
        )

    def _progress(self):
        """Return how much is done, 0..1: of the car's wish, or of the time that was asked for."""
        if self._car is None:
            return 0
        done = self._car.battery.progress()
        if self._job["limited"]:
            spent_ms = self._bench.world.now_us // 1_000 - PLUG_IN_MS
            done = max(done, min(spent_ms / self._job["until_ms"], 1))
        return done

    def _faults(self, bits):
        return "+".join(row[0] for k, row in enumerate(FAULTS) if bits >> k & 1)

    def _summarise(self, true_mws, letter):
        shown = self._bench.box.snapshot
        energy_wh = sum(shown.session_ws) / 3_600
        true_wh = true_mws / 3_600_000
        why = self._wrong(shown, energy_wh, true_wh)
        if true_wh < 1:
            why = "the car was not charged, its pilot said %s" % letter
        print(
            json.dumps(
                {
                    "summary": {
                        "energy_wh": energy_wh,
                        "true_wh": true_wh,
                        "session_ok": not why,
                        "why": why,
                        "closings": shown.contactor_cycles,
                        "seconds": shown.session_s,
                    }
                }
            )
        )

    def _wrong(self, shown, energy_wh, true_wh):
        if not self._followed:
            return "the offer did not follow the limit of the house"
        if abs(energy_wh - true_wh) > TOLERANCE * true_wh:
            return "the box counted %.1f Wh, the plant %.1f Wh" % (energy_wh, true_wh)
        if shown.faults:
            return "faults in force: %s" % self._faults(shown.faults)
        if shown.session_number:
            return "the session did not end"
        if self._waiting():
            return "%d records never reached the broker" % self._waiting()
        return ""
