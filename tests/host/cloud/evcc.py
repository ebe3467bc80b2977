"""What evcc makes of a custom charger over MQTT, as far as docs/evcc.md uses it.

From its sources: charger/charger.go, plugin/{mqtt,mqtt_handler,getter,watchdog,helper}.go,
plugin/mqtt/client.go, util/{monitor,format}.go, api.ChargeStatusString. What is not known here is
refused, so that the page can not say more than was tried. Time runs `speed` times as fast.
"""

import re
import threading
import time

NUMBERS = {"h": 3_600, "m": 60, "s": 1, "ms": 0.001}
FORMAT = re.compile(r"\$\{(\w+)(?::([a-zA-Z0-9%.]+))?\}")
TRUTHS = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}


def seconds(text):
    """Return a duration of Go: 60s, 1m30s."""
    parts = re.findall(r"([0-9.]+)(ms|h|m|s)", text)
    if "".join(a + b for a, b in parts) != text:
        raise ValueError("no duration: %r" % text)
    return sum(float(count) * NUMBERS[unit] for count, unit in parts)


def known(config, *names):
    """Return config; raise ValueError if it has other names, or another source."""
    strange = set(config) - set(names) - {"source"}
    if strange or config["source"] not in ("mqtt", "watchdog"):
        raise ValueError("not tried here: %s of %s" % (sorted(strange), config.get("source")))
    return config


def formatted(payload, name, value):
    """Return the text that is published for a value. An empty payload: as Go's %v prints it."""
    text = str(value).lower() if isinstance(value, bool) else "%g" % value
    if not payload:
        return text

    def fill(found):
        if found[1].lower() != name:
            raise ValueError("wanted %s, got %s" % (found[1], name))
        if isinstance(value, bool):
            return str(int(value)) if found[2] == "%d" else text
        return (found[2] or "%g") % value

    return FORMAT.sub(fill, payload)


class Getter:
    """The last value of a topic; older than its timeout it is an error, and so is none."""

    def __init__(self, config, client, speed):
        config = known(config, "topic", "scale", "timeout")
        self._scale = float(config.get("scale", 1))
        self._most_s = seconds(config.get("timeout", "0s")) / speed
        self._value, self._at_s = None, 0.0
        client.listen(config["topic"], self._hear)

    def _hear(self, text, _topic):
        if text:
            self._value, self._at_s = text, time.monotonic()

    def text(self):
        if self._value is None or self._most_s and time.monotonic() - self._at_s > self._most_s:
            raise LookupError("outdated")
        return self._value

    def number(self):
        return float(self.text()) * self._scale

    def truth(self):
        return TRUTHS[self.text().lower()]


class Setter:
    def __init__(self, config, client, name):
        config = known(config, "topic", "payload", "retained")
        self._client, self._name = client, name
        self._topic = config["topic"]
        self._payload = config.get("payload", "")
        self._retained = config.get("retained", False)

    def set(self, value):
        text = formatted(self._payload, self._name, value)
        self._client.publish(self._topic, text, 1, self._retained)


class Watchdog:
    """Sets a value again every half of its timeout."""

    def __init__(self, config, client, name, speed):
        config = known(config, "timeout", "set")
        self._setter = Setter(config["set"], client, name)
        self._every_s = seconds(config["timeout"]) / 2 / speed
        self._stopped = threading.Event()

    def set(self, value):
        self.stop()
        self._setter.set(value)
        self._stopped = threading.Event()
        threading.Thread(target=self._repeat, args=(value, self._stopped), daemon=True).start()

    def stop(self):
        self._stopped.set()

    def _repeat(self, value, stopped):
        while not stopped.wait(self._every_s):
            self._setter.set(value)


class Charger:
    """config: an entry of `chargers`. client: steered_box.Wire."""

    def __init__(self, config, client, speed=1):
        config = {key.lower(): value for key, value in config.items()}
        if config.pop("type") != "custom":
            raise ValueError("not a custom charger")
        config.pop("name")
        for name in ("status", "enabled", "power", "energy"):
            setattr(self, "_" + name, Getter(config.pop(name), client, speed))
        self._currents = [Getter(each, client, speed) for each in config.pop("currents")]
        self._enable = Setter(config.pop("enable"), client, "enable")
        self._max_current = Watchdog(config.pop("maxcurrent"), client, "maxcurrent", speed)
        if config:
            raise ValueError("not tried here: %s" % sorted(config))

    def status(self):
        """Return A, B or C. Raises ValueError on what evcc takes for an error."""
        text = self._status.text().upper().strip("\0 ")
        if text[:1] in "AB":
            return text[0]
        if text[:1] in "CD":
            return "B" if text in ("C1", "D1") else "C"
        raise ValueError("invalid status: %s" % text)

    def enabled(self):
        return self._enabled.truth()

    def power_w(self):
        return self._power.number()

    def energy_kwh(self):
        return self._energy.number()

    def currents_a(self):
        return [each.number() for each in self._currents]

    def enable(self, on: bool):
        self._enable.set(on)

    def max_current(self, amperes: int):
        self._max_current.set(amperes)

    def die(self):
        """evcc ends: nothing is repeated any more."""
        self._max_current.stop()
