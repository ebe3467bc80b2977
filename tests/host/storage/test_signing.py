"""Signed meter values: known answers, and an independent verifier over whole OCMF texts."""

import json
import re
from types import SimpleNamespace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sessions.signing import Signing
from storage import ocmf, p256
from storage.meter_key import FILE_BYTES, SECRET_BYTES, MeterKey

SERIAL = "7769647400aa"
RECORD = {
    "session": 12,
    "start_s": 1_800_000_000,
    "start_clock": "synchronised",
    "end_s": 1_800_007_261,
    "clock": "informative",
    "end_cause": "unplugged",
    "authorised_by": "",
    "meter_wh": [12_345_678, 12_367_009],
    "restarts": 0,
}


def finished(steps):
    """Run a generator to its end. Return its value."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def verified(text, public_hex):
    """Return the payload of an OCMF text whose signature holds; raises InvalidSignature."""
    header, payload, signature = text.split("|")
    assert header == "OCMF"
    signed = json.loads(signature)
    assert signed["SA"] == "ECDSA-secp256r1-SHA256"
    key = load_der_public_key(bytes.fromhex(public_hex))
    assert isinstance(key.curve, ec.SECP256R1)
    key.verify(bytes.fromhex(signed["SD"]), payload.encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(payload)


@pytest.fixture
def key():
    made = MeterKey(None, lambda count: bytes(range(7, 7 + count)))
    finished(made.make())
    return made


def signed(key, payload):
    return ocmf.text(payload, finished(key.sign(payload.encode())).hex())


@pytest.mark.parametrize(
    "message, r, s",
    [  # RFC 6979, A.2.5, SHA-256
        (
            b"sample",
            0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
            0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
        ),
        (
            b"test",
            0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
            0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
        ),
    ],
)
def test_the_known_answers_of_rfc_6979(message, r, s):
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    assert finished(p256.signed(secret, message)) == (r, s)


def test_public_keys_are_those_of_an_independent_library():
    for secret in (1, 2, 3, 4, 5, 0xFFFF, p256.N // 2, p256.N - 2, p256.N - 1):
        numbers = ec.derive_private_key(secret, ec.SECP256R1()).public_key().public_numbers()
        assert finished(p256.times_base(secret)) == (numbers.x, numbers.y)


@pytest.mark.parametrize("r", [1, 0x7F, 0x80, 0xFF, 0x100, 1 << 255, p256.N - 1])
def test_der_has_the_shortest_positive_integers(r):
    assert decode_dss_signature(p256.der_signature(r, p256.N - r)) == (r, p256.N - r)


def test_start_and_end_of_a_session_verify(key):
    begin = verified(signed(key, ocmf.begin(SERIAL, RECORD)), key.public_hex())
    end = verified(signed(key, ocmf.end(SERIAL, RECORD)), key.public_hex())
    assert (begin["PG"], end["PG"]) == ("T23", "T24")
    assert begin["GS"] == begin["MS"] == SERIAL and begin["FV"] == "1.2"
    assert begin["RD"] == end["RD"][:1]
    first, last = end["RD"]
    assert (first["TX"], last["TX"]) == ("B", "E")
    assert (first["RV"], last["RV"]) == (12_345.678, 12_367.009)
    assert first["TM"] == "2027-01-15T08:00:00,000+0000 S"
    assert last["TM"] == "2027-01-15T10:01:01,000+0000 I"
    assert {"RI": "1-b:1.8.0", "RU": "kWh", "RT": "AC", "ST": "G"}.items() <= last.items()


def test_a_changed_digit_is_noticed(key):
    text = signed(key, ocmf.end(SERIAL, RECORD))
    for old, new in (("12367.009", "12367.010"), ('"T24"', '"T26"'), ("10:01:01", "10:01:02")):
        assert old in text
        with pytest.raises(InvalidSignature):
            verified(text.replace(old, new), key.public_hex())


def test_every_wh_keeps_its_digits(key):
    for wh in (0, 7, 999, 1_000, 16_777_217, 99_999_999):
        text = ocmf.begin(SERIAL, {**RECORD, "meter_wh": [wh, wh]})
        assert re.findall(r'"RV":(\d+)\.(\d{3}),', text) == [
            (str(wh // 1_000), "%03d" % (wh % 1_000))
        ]


def test_who_when_and_a_power_cut_are_told_as_the_format_has_it(key):
    cut = {**RECORD, "authorised_by": "a|b" * 20, "restarts": 1, "end_cause": "restarted"}
    cut.update(start_s=None, end_s=None)
    text = signed(key, ocmf.end(SERIAL, cut))
    told = verified(text, key.public_hex())
    assert (told["IS"], told["IT"], len(told["ID"])) == (True, "LOCAL", 40)
    assert (told["RD"][1]["TX"], told["RD"][1]["EF"]) == ("P", "t")
    assert told["RD"][0]["TM"].endswith(" U")
    nobody = verified(signed(key, ocmf.begin(SERIAL, RECORD)), key.public_hex())
    assert (nobody["IS"], nobody["IT"], "ID" in nobody) == (False, "NONE", False)


def test_the_key_is_made_once_and_survives(tmp_path):
    path = str(tmp_path / "meter.key")
    first = MeterKey(path, lambda count: b"\x05" * count)
    assert first.public_hex() == "" and first.complaints == []
    finished(first.make())
    again = MeterKey(path, None)
    assert again.public_hex() == first.public_hex() != ""
    assert verified(signed(again, ocmf.begin(SERIAL, RECORD)), first.public_hex())


@pytest.mark.parametrize("at", [0, SECRET_BYTES, FILE_BYTES - 1, FILE_BYTES])
def test_a_damaged_key_is_no_key_and_said_once(tmp_path, at):
    path = tmp_path / "meter.key"
    finished(MeterKey(str(path), lambda count: b"\x05" * count).make())
    content = bytearray(path.read_bytes() + b"\0")
    content[at] ^= 1
    path.write_bytes(content if at == FILE_BYTES else content[:-1])
    damaged = MeterKey(str(path), lambda count: b"\x06" * count)
    assert damaged.public_hex() == "" and len(damaged.complaints) == 1
    with pytest.raises(OSError):
        finished(damaged.sign(b"x"))
    finished(damaged.make())
    assert MeterKey(str(path), None).complaints == []


def test_the_secret_is_in_nothing_that_is_shown(key):
    secret = key._content[:SECRET_BYTES].hex()
    shown = repr(key) + key.public_hex() + signed(key, ocmf.begin(SERIAL, RECORD))
    assert secret not in shown


def test_a_record_that_cannot_be_handed_over_for_want_of_memory_goes_out_later():
    sent = []

    class Outbox:
        fails = 1

        def append(self, kind, text):
            if self.fails:
                self.fails -= 1
                raise MemoryError
            sent.append((kind, json.loads(text)))

    idle = SimpleNamespace(contactor_command=0, contactor_closed=0)
    book = SimpleNamespace(closed=[{"session": 7, "signed": 1}], number=0)
    signing = Signing(None, SERIAL, idle, book, Outbox(), None)
    with pytest.raises(MemoryError):
        signing.poll()
    for _ in range(3):
        signing.poll()
    assert sent == [("session", {"session": 7})] and not book.closed
