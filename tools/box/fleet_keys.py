"""The fleet's keys: RSA-3072, a PEM file for its owner, 384 bytes for the boxes.

Whoever has the PEM file can put any software on every box: keep it off the network.
"""

import base64
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

BITS = 3_072
PREFIX = b"WALLBOX KEY 1\n"  # firmware/update/fleet_key.py


def make(path: Path):
    """Write a new key to path, and beside it, as path.pub, what a box has in /update.key.

    Raises FileExistsError: a key is never overwritten.
    """
    key = rsa.generate_private_key(65_537, BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    path.with_name(path.name + ".pub").write_bytes(modulus(key))


def load(path: Path):
    """Return the private key. Raises OSError, ValueError with one sentence."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        raise ValueError("%s: not a private key in PEM" % path) from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != BITS:
        raise ValueError("%s: not an RSA key of %d bits" % (path, BITS))
    return key


def modulus(key) -> bytes:
    return key.public_key().public_numbers().n.to_bytes(BITS // 8, "big")


def signature(key, message: bytes) -> bytes:
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def succession(old, new) -> str:
    """Return the value of the command update/key that makes `new` follow `old`, as JSON."""
    message = PREFIX + modulus(new)
    parts = (modulus(new), signature(old, message), signature(new, message))
    texts = [base64.b64encode(part).decode() for part in parts]
    return json.dumps(dict(zip(("key", "by_old", "by_new"), texts))) + "\n"
