"""`box provision`: makes a box that was flashed somebody's box. Asked, checked, resumable.

Every answer is checked by the table that the box itself uses. What was answered before is kept
beside, but for secrets, so that a broken line costs no typing; the box gets everything at once.
"""

import contextlib
import json
import os
import secrets
import sys
from pathlib import Path

from box.mpy import ROOT
from box.serial_box import PortError, SerialBox

sys.path.insert(0, str(ROOT / "firmware"))
from storage.config import FIELDS, SECRETS, checked  # noqa: E402
from storage.config_texts import TEXTS  # noqa: E402

PLACE = Path("build/provision")
ASKED = ("box_id", "installer_limit_a", "open_pen", "timezone", "wifi_ssid", "wifi_key")
ASKED += ("broker_host", "broker_port", "broker_user", "broker_password")
NAMES = {"tls_ca": "ca.der", "tls_cert": "cert.der", "tls_key": "key.der", "tls_psk": "psk.hex"}
NAMES |= {"update_key": "update.key"}  # no field names it: firmware/update/fleet_key.py
MODULUS = 384  # bytes
LARGEST = 4_096  # of a certificate or key
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
GROUPS, GROUP = 3, 4  # 60 bits

FACTS = """
import json, sys
from binascii import hexlify
from machine import unique_id
import board, main
box = main.box
print(repr({
    "serial": hexlify(unique_id()).decode(), "board": board.NAME,
    "quiet": box.is_quiet(), "config": box.config.shown()}))
"""
SAVE = """
import main
main.box.config.set_all(%r)
"""


def new_key() -> str:
    """Return a key for a label: random, read aloud without mistakes."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def value_of(name: str, text: str):
    """Return the checked value of what was typed. Raises ValueError with one sentence."""
    if name in FIELDS and type(FIELDS[name][0]) is int:
        try:
            return checked(name, int(text))
        except ValueError as wrong:
            if not text.lstrip("-").isdigit():
                raise ValueError("config %s: %r is not a number" % (name, text)) from None
            raise wrong
    return checked(name, text)


class Progress:
    """Answers kept in a file that only its owner can read; secrets are never in it."""

    def __init__(self, serial: str):
        self.path = PLACE / (serial + ".json")
        self.answers = {}
        with contextlib.suppress(OSError, ValueError):
            self.answers = json.loads(self.path.read_text())

    def keep(self, name: str, value):
        self.answers[name] = value
        open_answers = {n: v for n, v in self.answers.items() if n not in SECRETS}
        write_private(self.path, json.dumps(open_answers))

    def done(self):
        self.path.unlink(missing_ok=True)


def write_private(path: Path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def provision(port: str, given: dict, files: dict, prompt, tell) -> Path:
    """Provision the box at port. Return the path of its label.

    given: answers by field that need no question. files: {name in NAMES: path}. prompt(question,
    default, is_secret) -> text. tell(line). Raises PortError, ValueError or OSError; then the
    box is as it was, or has some of the files, which nothing refers to yet.
    """
    contents = {name: read(name, path) for name, path in files.items()}
    given = {name: value_of(name, str(value)) for name, value in given.items()}
    with SerialBox(port) as box:
        facts = box.ask(FACTS)
        tell("box %s, board %s" % (facts["serial"], facts["board"]))
        if not facts["quiet"]:
            raise PortError(
                "a car is charging, ready to or was just now: flash is written with an open "
                "contactor; unplug it and try again"
            )
        progress = Progress(facts["serial"])
        values = answered(given, progress, facts["config"], prompt, tell)
        for name, content in contents.items():
            box.put(NAMES[name], content, shown(NAMES[name], tell))
            if name in FIELDS:
                values[name] = NAMES[name]
        if not facts["config"]["setup_key"]:
            values.setdefault("setup_key", new_key())
        # before the box has the key: a key that only the box knows would open nothing for anybody
        written = label(facts["serial"], values["box_id"], values.get("setup_key", ""))
        box.ask(SAVE % values)
        now = box.ask(FACTS)["config"]
    wrong = [n for n, value in values.items() if n not in SECRETS and now[n] != value]
    if wrong:
        raise PortError("the box did not keep %s" % ", ".join(wrong))
    progress.done()
    return written


def answered(given, progress, current, prompt, tell) -> dict:
    """Return a value for each field of ASKED: given, answered before, or asked now."""
    values = dict(given)
    for name in ASKED:
        if name not in values:
            values[name] = asked(name, progress.answers.get(name, current[name]), prompt, tell)
        progress.keep(name, values[name])
    return {name: value for name, value in values.items() if value not in ("***",)}


def asked(name, default, prompt, tell):
    """Ask until the answer is one. An empty answer keeps the default."""
    while True:
        text = prompt("%s (%s)" % (TEXTS[name], name), default, name in SECRETS)
        if text in ("", str(default)):
            return default
        try:
            return value_of(name, text)
        except ValueError as wrong:
            tell(str(wrong))


def read(name: str, path: Path) -> bytes:
    """Return a file for the box. Raises ValueError when it is none that the box could use."""
    content = path.read_bytes()
    if name == "update_key" and len(content) != MODULUS:
        raise ValueError("%s: not the .pub file of `box release keygen`" % path)
    if not 0 < len(content) <= LARGEST:
        raise ValueError("%s: %d bytes, 1 to %d are possible" % (path, len(content), LARGEST))
    if content.startswith(b"-----BEGIN"):
        raise ValueError("%s: PEM; the box reads DER (openssl x509 -outform der)" % path)
    return content


def shown(name, tell):
    """Return a progress(written, size) that tells every quarter."""
    said = [-1]

    def progress(written, size):
        quarter = written * 4 // size
        if quarter != said[0]:
            said[0] = quarter
            tell("%s %d of %d bytes" % (name, written, size))

    return progress


def label(serial: str, box_id: str, key: str) -> Path:
    """Write what belongs on the box's label. key: "" when the box had one: then it is on it.

    Return its path, where there is none if the box was provisioned elsewhere.
    """
    path = PLACE / (serial + ".label.txt")
    if key:
        lines = ["Wallbox %s" % box_id, "Serial %s" % serial, "Setup network wallbox-%s" % box_id]
        lines += ["Key %s" % key, "Page http://192.168.4.1"]
        write_private(path, "\n".join(lines) + "\n")
    return path
