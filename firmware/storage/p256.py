"""ECDSA on NIST P-256 with SHA-256 (FIPS 186-5) and the nonces of RFC 6979, in plain integers.

Slow, so both operations are generators that stop after every bit of the scalar: their owner goes
on when there is time. Not constant in time: it protects records from who has the box's network,
not the key from who has the box in a laboratory.
"""

from binascii import unhexlify
from hashlib import sha256

from micropython import const

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_GX = const(0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296)
_GY = const(0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
_BYTES = const(32)
_BLOCK = const(64)
DER_KEY = unhexlify("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""What stands before x and y in a SubjectPublicKeyInfo (RFC 5480)."""


def times_base(scalar: int):
    """Return (x, y) of scalar * G; 0 < scalar < N. A generator: see the module."""
    point = _GX, _GY, 1
    bit = 1
    while bit <= scalar >> 1:
        bit <<= 1
    while bit > 1:
        bit >>= 1
        point = _doubled(*point)
        if scalar & bit:
            point = _plus_base(*point)
        yield
    x, y, z = point
    inverse = pow(z, P - 2, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def signed(secret: int, message: bytes):
    """Return the signature (r, s) of message. A generator: see the module."""
    digest = sha256(message).digest()
    hashed = int.from_bytes(digest, "big") % N
    drawn = nonces(secret, hashed)
    while True:
        nonce = next(drawn)
        x, _ = yield from times_base(nonce)
        r = x % N
        s = pow(nonce, N - 2, N) * (hashed + r * secret) % N
        if r and s:
            return r, s


def nonces(secret: int, hashed: int):
    """Yield the numbers of RFC 6979, section 3.2, until one is used."""
    seed = secret.to_bytes(_BYTES, "big") + hashed.to_bytes(_BYTES, "big")
    key, value = bytes(_BYTES), b"\x01" * _BYTES
    for step in (b"\x00", b"\x01"):
        key = hmac(key, value + step + seed)
        value = hmac(key, value)
    while True:
        value = hmac(key, value)
        nonce = int.from_bytes(value, "big")
        if 0 < nonce < N:
            yield nonce
        key = hmac(key, value + b"\x00")
        value = hmac(key, value)


def hmac(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256 (RFC 2104) of message; key is at most a block long."""
    padded = key + bytes(_BLOCK - len(key))
    inner = sha256(bytes(octet ^ 0x36 for octet in padded) + message).digest()
    return sha256(bytes(octet ^ 0x5C for octet in padded) + inner).digest()


def der_signature(r: int, s: int) -> bytes:
    """Return SEQUENCE { INTEGER r, INTEGER s } (RFC 3279, 2.2.3)."""
    body = b""
    for number in (r, s):
        octets = number.to_bytes(_BYTES + 1, "big")
        while octets[0] == 0 and octets[1] < 0x80:
            octets = octets[1:]
        body += bytes((2, len(octets))) + octets
    return bytes((0x30, len(body))) + body


def der_key(x: int, y: int) -> bytes:
    """Return the public key as SubjectPublicKeyInfo."""
    return DER_KEY + x.to_bytes(_BYTES, "big") + y.to_bytes(_BYTES, "big")


def _doubled(x, y, z):
    """Jacobian coordinates, a = -3 ("dbl-2001-b" of hyperelliptic.org/EFD)."""
    delta = z * z % P
    gamma = y * y % P
    beta = x * gamma % P
    alpha = 3 * (x - delta) * (x + delta) % P
    x3 = (alpha * alpha - 8 * beta) % P
    z3 = ((y + z) * (y + z) - gamma - delta) % P
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % P, z3


def _plus_base(x, y, z):
    """Add G; the point is never G or -G itself, as it is an even multiple below N."""
    square = z * z % P
    h = (_GX * square - x) % P
    slope = (_GY * square * z - y) % P
    h2 = h * h % P
    h3 = h * h2 % P
    v = x * h2 % P
    x3 = (slope * slope - h3 - 2 * v) % P
    return x3, (slope * (v - x3) - y * h3) % P, z * h % P
