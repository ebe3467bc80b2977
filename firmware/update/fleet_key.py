"""The fleet's key: /update.key holds its modulus, and only the key itself names its successor.

A statement of succession is the new modulus, signed by the old key and by the new one: so the new
one is somebody's, and a slip of the fleet's cannot lock its boxes out.
"""

from hashlib import sha256

from slots import replace

from update.signature import check_key, fingerprint, is_signed

FILE = "update.key"
PREFIX = b"WALLBOX KEY 1\n"


def load(root: str) -> bytes:
    """Return the modulus. Raises ValueError if there is none: then no update is taken."""
    try:
        with open(root + FILE, "rb") as file:
            key = file.read()
        check_key(key)
    except OSError:
        raise ValueError("update: this box has no fleet key")
    return key


def name(root: str) -> str:
    """Return the key's name for people. Raises ValueError if there is none."""
    return fingerprint(load(root))


def succeed(root: str, key: bytes, by_old: bytes, by_new: bytes):
    """Replace the key by its successor; a cut leaves one of them. Raises ValueError, OSError."""
    check_key(key)
    old = load(root)
    if key == old:
        return  # told twice
    digest = sha256(PREFIX + key).digest()
    if not is_signed(old, digest, by_old):
        raise ValueError("update/key: not signed by the key in use")
    if not is_signed(key, digest, by_new):
        raise ValueError("update/key: not signed by the new key")
    replace(root + FILE, key)
