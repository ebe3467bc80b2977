"""What the installer and the owner may set: one table, read from a JSON file.

config_texts.py says what each setting is for.

A value out of range is refused with one sentence and changes nothing; in the file it is ignored,
named in `complaints`, and the default applies: a bad file never keeps the box from booting. What
the installation carries is no matter of defaults, though: where it was set and cannot be read, the
lowest value applies.

Names this version does not know stay in the file: after a rollback of the firmware they are back.
"""

import json
import os
from errno import ENOENT

from micropython import const

# name: (default, lowest, highest); for texts lowest and highest are lengths
FIELDS = {
    "box_id": ("box", 1, 32),
    "installer_limit_a": (32, 6, 80),
    "safe_current_a": (6, 0, 32),
    "simplified_limit_a": (0, 0, 32),
    "most_interruptions": (4, 1, 250),
    "over_voltage_v": (270, 240, 300),
    "under_voltage_v": (184, 150, 215),
    "high_hz": (51, 51, 53),
    "open_pen": (0, 0, 1),
    "ventilated": (0, 0, 1),
    "glitch_hold_ms": (550, 0, 1000),
    "wake_after_s": (30, 0, 60),
    "wake_signals": (1, 0, 4),
    "broker_host": ("", 0, 128),
    "broker_port": (0, 0, 65535),
    "broker_user": ("", 0, 64),
    "broker_password": ("", 0, 64),
    "broker_tls": (1, 0, 2),
    "tls_ca": ("ca.der", 1, 128),
    "tls_cert": ("", 0, 128),
    "tls_key": ("", 0, 128),
    "tls_psk": ("", 0, 128),
    "reconnect_s": (20, 4, 600),
    "wifi_ssid": ("", 0, 32),
    "wifi_key": ("", 0, 64),
    "setup_key": ("", 0, 63),
    "ntp_host": ("pool.ntp.org", 0, 64),
    "authorisation": ("free", 4, 8),
    "schedule": ("", 0, 250),
    "timezone": ("UTC0", 4, 64),
    "plain_topics": (1, 0, 1),
    "home_assistant": (1, 0, 1),
    "telemetry_s": (10, 1, 3600),
}
SECRETS = ("broker_password", "wifi_key", "setup_key")
VERSION = 1
_LONGEST_WHY = const(160)  # of a complaint: a file may hold any value
RENAMED = {}  # {version that wrote the file: {its name: name of the next version}}
# facts of the installation and the box: a factory reset of the owner's does not touch them
INSTALLED = ("box_id", "installer_limit_a", "over_voltage_v", "under_voltage_v", "open_pen")
INSTALLED += ("high_hz", "ventilated", "setup_key")
# what a command may set: nothing that a protection, the installation or the link depends on
REMOTELY = ("safe_current_a", "wake_after_s", "wake_signals", "telemetry_s", "timezone")
REMOTELY += ("plain_topics", "home_assistant")
CHOICES = {"authorisation": ("free", "required")}
LOWEST_IF_LOST = ("installer_limit_a", "safe_current_a")


def checked(name: str, value):
    """Return value if the table allows it for name. Raises ValueError with one sentence."""
    if name not in FIELDS:
        raise ValueError("config %s: unknown, known: %s" % (name, ", ".join(sorted(FIELDS))))
    default, lowest, highest = FIELDS[name]
    if type(value) is not type(default):
        kind = "text" if isinstance(default, str) else "whole number"
        raise ValueError("config %s: %r is not a %s" % (name, value, kind))
    size = len(value) if isinstance(value, str) else value
    if not lowest <= size <= highest:
        what = "length" if isinstance(value, str) else "value"
        raise ValueError(
            "config %s: %s %d is not from %d to %d" % (name, what, size, lowest, highest)
        )
    if name == "box_id" and any(c in "/+#" for c in value):
        raise ValueError("config box_id: %r has one of / + #" % value)
    if value not in CHOICES.get(name, (value,)):
        raise ValueError("config %s: %r is not %s" % (name, value, " or ".join(CHOICES[name])))
    return value


def always() -> bool:
    return True


class Config:
    """Values by name: config["box_id"]. path: the JSON file, None to live in memory only.

    may_write: asked before a change is saved, as a flash erase stalls the chip for up to 400 ms.
    """

    def __init__(self, path: str | None = None):
        self._path = path or ""
        self.may_write = always
        self._values = {name: row[0] for name, row in FIELDS.items()}
        self._unknown = {}
        self.complaints = []
        if path:
            self._load()

    def __getitem__(self, name: str):
        return self._values[name]

    def set(self, name: str, value):
        """Check, save and keep one value.

        Raises ValueError if it is refused, OSError if it cannot be saved; then nothing changes.
        Refused is whatever the table does not allow, and everything while a car charges or may
        begin to.
        """
        self._replace({name: checked(name, value)})

    def set_all(self, values: dict):
        """Like set, for several values: all of them or none."""
        self._replace({name: checked(name, value) for name, value in values.items()})

    def reset(self):
        """Back to the factory's values, but for what belongs to the installation."""
        self._unknown = {}
        self._replace({name: row[0] for name, row in FIELDS.items() if name not in INSTALLED})

    def shown(self) -> dict:
        """Return all values for people: secrets are stars."""
        return {
            name: "***" if name in SECRETS and value else value
            for name, value in self._values.items()
        }

    def _replace(self, changes):
        if self._path and not self.may_write():
            raise ValueError("config: not while a car charges or is ready to; unplug it first")
        values = dict(self._values)
        values.update(changes)
        if self._path:
            self._save(values)
        self._values = values

    def _load(self):
        stored = self._stored()
        if stored is None:
            return
        for name, value in migrated(stored).items():
            if name not in FIELDS:
                self._unknown[name] = value
                continue
            try:
                self._values[name] = checked(name, value)
            except ValueError as wrong:
                self._lose(name, str(wrong))

    def _stored(self):
        """Return what the file holds, or None. A file that cannot be read is kept for a look."""
        try:
            with open(self._path) as file:
                stored = json.load(file)
            if isinstance(stored, dict):
                return stored
            why = "not an object"
        except OSError as wrong:
            if wrong.errno == ENOENT:
                return None  # first start
            why = str(wrong)
        except ValueError as wrong:
            why = "not JSON: %s" % wrong
        self.complaints.append("config %s: %s" % (self._path, why))
        for name in LOWEST_IF_LOST:
            self._lose(name, "config %s: lost" % name)
        return None

    def _lose(self, name, why):
        if name in LOWEST_IF_LOST:
            self._values[name] = FIELDS[name][1]
            why = "%s; now %d" % (why, self._values[name])
        self.complaints.append(why[:_LONGEST_WHY])

    def _save(self, values):
        """Write beside and rename: LittleFS replaces atomically, so a cut leaves old or new."""
        beside = self._path + ".new"
        stored = dict(self._unknown)
        stored.update(values)
        stored["version"] = VERSION
        try:
            with open(beside, "w") as file:
                json.dump(stored, file)
            os.rename(beside, self._path)
        except OSError as wrong:
            removed(beside)  # a full disk has no room for half a file either
            raise wrong  # bare, the native emitter does not know it


def removed(path: str):
    try:
        os.remove(path)
    except OSError:
        pass  # never begun


def migrated(stored: dict) -> dict:
    """Return the file's values under this version's names. A file of a later version stays."""
    values = dict(stored)
    version = values.pop("version", 0)
    while isinstance(version, int) and version < VERSION:
        for old, new in RENAMED.get(version, {}).items():
            if old in values:
                values[new] = values.pop(old)
        version += 1
    return values
