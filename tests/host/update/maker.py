"""Bundles and keys for the tests, signed by an implementation that is not ours."""

import functools

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from box import bundle

FACTS = bundle.facts("0.9.0", "virtual", "esp32s3", "1.25.0", 6)
FILES = {
    "main.py": b"def run():\n    pass\n",
    "board.py": b'NAME = "virtual"\n',
    "state/core.py": bytes(range(256)) * 9,
    "state/empty.py": b"",
}


@functools.cache
def private_key(number=0):
    """A key that exists for this run of the tests only."""
    return rsa.generate_private_key(65537, 3072)


def public(key) -> bytes:
    return key.public_key().public_numbers().n.to_bytes(384, "big")


def signer(key):
    return lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def made(files=None, key=None, **facts) -> bytes:
    """A signed bundle."""
    unsigned = bundle.unsigned({**FACTS, **facts}, FILES if files is None else files)
    return bundle.sign(unsigned, signer(key or private_key()))
