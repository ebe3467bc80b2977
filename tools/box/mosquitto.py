"""Mosquitto's files for boxes that may speak for themselves only, and starting one of them.

A client is who its certificate says (the common name is the box_id); it may write below its own
topics and read its own commands, nothing else. Operators are named one by one.
"""

import shutil
import subprocess
import time
from pathlib import Path

RULES = """\
# a box: %u is the common name of its certificate, or the identity of its shared key
pattern write wallbox/%u/state
pattern write wallbox/%u/telemetry
pattern write wallbox/%u/event
pattern write wallbox/%u/session
pattern write wallbox/%u/availability
pattern write wallbox/%u/reply
pattern write wallbox/%u/update
pattern write wallbox/%u/plain/#
pattern read wallbox/%u/command/#
pattern read homeassistant/status
pattern write homeassistant/+/%u/+/config
pattern write homeassistant/+/%u/config
"""
OPERATOR = """
user {name}
topic readwrite wallbox/#
topic readwrite homeassistant/#
"""
CONF = """\
listener {port} {address}
cafile {folder}/ca.pem
certfile {folder}/{stem}.pem
keyfile {folder}/{stem}.key.pem
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file {folder}/boxes.acl
persistence {persistence}
"""
PSK_CONF = """\
listener {port} {address}
psk_hint wallbox
psk_file {folder}/boxes.psk
use_identity_as_username true
allow_anonymous false
acl_file {folder}/boxes.acl
"""
START_S = 5.0


def rules(operators) -> str:
    """Return the access control list. operators: common names of certificates of people."""
    return RULES + operator_rules(operators)


def operator_rules(operators) -> str:
    return "".join(OPERATOR.format(name=name) for name in operators)


def binary():
    """Return the path of mosquitto, or None."""
    return shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")


class Mosquitto:
    """A broker of one configuration text. Use as a context; stop() and start() as a restart."""

    def __init__(self, folder: Path, text: str):
        self._folder = folder
        self._path = folder / "mosquitto.conf"
        self._path.write_text("user root\n" + text)
        self._child = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self._child.pid

    def start(self):
        """Start it. Raises RuntimeError with what it said if it does not run."""
        log = open(self._folder / "mosquitto.log", "a+")
        start = log.tell()
        self._child = subprocess.Popen([binary(), "-c", str(self._path)], stderr=log)
        end = time.monotonic() + START_S
        while time.monotonic() < end and self._child.poll() is None:
            if "running" in (self._folder / "mosquitto.log").read_text()[start:]:
                return
            time.sleep(0.02)
        self.stop()
        raise RuntimeError((self._folder / "mosquitto.log").read_text()[-500:])

    def stop(self, kill: bool = False):
        child, self._child = self._child, None
        if child is not None:
            (child.kill if kill else child.terminate)()
            child.wait()
