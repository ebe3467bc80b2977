"""docs/evcc.md's bridge to openWB: two Mosquittos, the real firmware, and openWB's own topics.

What openWB reads and writes is from its modules/chargepoints/mqtt, helpermodules/pub.py (JSON,
retained) and the alert of its settings page, which names five values it can not do without.
"""

import json
import threading

import pytest
from steered_box import SPEED, SteeredBox, Wire, await_true, block

from box import mosquitto
from box.brokers import free_port

LISTENER = "listener %d 127.0.0.1\nallow_anonymous true\n"
GET = "openWB/mqtt/chargepoint/5/get/"
SET = "openWB/mqtt/chargepoint/5/set/current"
CYCLE_S = 10
WANTED = {"currents", "power", "plug_state", "charge_state", "phases_in_use"}
pytestmark = pytest.mark.skipif(mosquitto.binary() is None, reason="apt install mosquitto")


class OpenWb:
    """Its last values, as decode_payload() reads them; its setpoint, told in every cycle."""

    def __init__(self, wire):
        self.values = {}
        self._amperes = None
        self._wire = wire
        self._over = threading.Event()
        wire.listen(GET + "#", self._hear)
        threading.Thread(target=self._control, daemon=True).start()

    def _control(self):
        while not self._over.wait(CYCLE_S / SPEED):
            if self._amperes is not None:
                self._wire.publish(SET, json.dumps(self._amperes), 0, True)

    def end(self):
        self._over.set()

    def _hear(self, text, topic):
        self.values[topic[len(GET) :]] = json.loads(text)

    def set_current(self, amperes):
        self._amperes = amperes


@pytest.fixture
def ports(tmp_path):
    boxs, openwbs = free_port(), free_port()
    bridge = block("evcc.md", "connection openwb").replace("192.0.2.10:1883", "127.0.0.1:%d")
    (tmp_path / "openwb").mkdir()
    with mosquitto.Mosquitto(tmp_path / "openwb", LISTENER % openwbs):
        with mosquitto.Mosquitto(tmp_path, LISTENER % boxs + bridge % openwbs):
            yield boxs, openwbs


def test_a_charge_as_openwb_sees_and_steers_it(ports, tmp_path):
    with Wire(ports[1]) as wire, SteeredBox(tmp_path, ports[0]) as box:
        openwb = OpenWb(wire)
        await_true(lambda: set(openwb.values) > WANTED, what="a value is missing")
        values = openwb.values
        assert values["plug_state"] is values["charge_state"] is False
        assert values["phases_in_use"] == 0 and values["currents"] == [0, 0, 0]
        openwb.set_current(10.0)
        box.plug_in()
        box.row("ev.cp_ohm", 882)
        await_true(lambda: values["charge_state"], what="it never charged")
        assert values["plug_state"] is True and box.seen()["closed"]
        await_true(lambda: values["evse_current"] == 10, what="10 A never came")
        await_true(lambda: box.seen()["duty_permille"] == 166, what="10 A never came to the car")
        await_true(lambda: 6_600 < values["power"] < 7_200, what="no power for 10 A")
        await_true(lambda: values["phases_in_use"] == 3)
        tens = pytest.approx([10] * 3, abs=0.4)
        await_true(lambda: values["currents"] == tens, what="no 10 A")
        await_true(lambda: values["imported"] >= 20, what="the counter stands still")
        await_true(lambda: values["imported"] == pytest.approx(box.seen()["true_wh"], abs=12))
        openwb.set_current(12.34)
        await_true(lambda: values["evse_current"] == 12.3, what="12.3 A never came")
        openwb.set_current(0)
        await_true(lambda: values["evse_current"] == 0)
        box.row("ev.cp_ohm", 2740)
        await_true(lambda: not values["charge_state"], what="it never stopped")
        assert not box.seen()["closed"]
        openwb.end()
