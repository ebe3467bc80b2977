"""What the installer and the owner may set: one table, read from a JSON file.

A value out of range is refused with one sentence and changes nothing; in the file it is ignored,
named in `complaints`, and the default applies: a bad file never keeps the box from booting.
"""

import json
import os

# name: (default, lowest, highest, what it is); for texts lowest and highest are lengths
FIELDS = {
    "box_id": ("box", 1, 32, "name of the box in every topic"),
    "installer_limit_a": (32, 6, 80, "what the installation carries, amperes"),
    "safe_current_a": (6, 0, 32, "offered when a remote limit has run out, amperes; 0 stops"),
    "simplified_limit_a": (0, 0, 32, "cap for cars without S2, amperes; 0 none"),
    "most_interruptions": (4, 1, 250, "of a charge by limits or faults, per plug-in"),
    "over_voltage_v": (270, 240, 300, "stop above this for 2 s, volts"),
    "under_voltage_v": (184, 150, 215, "stop below this for 3 s, volts"),
    "open_pen": (0, 0, 1, "1 in the United Kingdom: BS 7671 722.411.4.1(iv)"),
    "ventilated": (0, 0, 1, "1 if cars that ask for ventilation (state D) may charge"),
    "glitch_hold_ms": (550, 0, 1000, "hold through B after a duty change while current flows"),
    "wake_after_s": (30, 0, 60, "wait before the wake-up signal, seconds; 0 never"),
    "wake_signals": (1, 0, 4, "wake-up signals per session; the standard has one"),
    "broker_host": ("", 0, 64, "MQTT broker; empty: no cloud"),
    "broker_port": (1883, 1, 65535, "its port"),
    "broker_user": ("", 0, 64, "its user"),
    "broker_password": ("", 0, 64, "its password; never shown"),
    "telemetry_s": (10, 1, 3600, "seconds between telemetry messages"),
}
SECRETS = ("broker_password",)


def checked(name: str, value):
    """Return value if the table allows it for name. Raises ValueError with one sentence."""
    if name not in FIELDS:
        raise ValueError("config %s: unknown, known: %s" % (name, ", ".join(sorted(FIELDS))))
    default, lowest, highest, _ = FIELDS[name]
    if type(value) is not type(default):
        raise ValueError("config %s: %r is not a %s" % (name, value, type(default).__name__))
    size = len(value) if isinstance(value, str) else value
    if not lowest <= size <= highest:
        what = "length" if isinstance(value, str) else "value"
        raise ValueError(
            "config %s: %s %d is not from %d to %d" % (name, what, size, lowest, highest)
        )
    if name == "box_id" and any(c in "/+#" for c in value):
        raise ValueError("config box_id: %r has one of / + #" % value)
    return value


class Config:
    """Values by name: config["box_id"]. path: the JSON file, None to live in memory only."""

    def __init__(self, path: str | None = None):
        self._path = path or ""
        self._values = {name: row[0] for name, row in FIELDS.items()}
        self.complaints = []
        if path:
            self._load()

    def __getitem__(self, name: str):
        return self._values[name]

    def set(self, name: str, value):
        """Check, keep and save one value. Raises ValueError, and changes nothing, if refused."""
        self._values[name] = checked(name, value)
        if self._path:
            self._save()

    def shown(self) -> dict:
        """Return all values for people: secrets are stars."""
        return {
            name: "***" if name in SECRETS and value else value
            for name, value in self._values.items()
        }

    def _load(self):
        try:
            with open(self._path) as file:
                stored = json.load(file)
        except OSError:
            return  # first start
        except ValueError as wrong:
            self.complaints.append("config %s: not JSON: %s" % (self._path, wrong))
            return
        if not isinstance(stored, dict):
            self.complaints.append("config %s: not an object" % self._path)
            return
        for name, value in stored.items():
            try:
                self._values[name] = checked(name, value)
            except ValueError as wrong:
                self.complaints.append(str(wrong))

    def _save(self):
        """Write beside and rename: LittleFS replaces atomically, so a cut leaves old or new."""
        beside = self._path + ".new"
        with open(beside, "w") as file:
            json.dump(self._values, file)
        os.rename(beside, self._path)
