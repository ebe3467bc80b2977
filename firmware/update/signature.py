"""RSA-3072 with SHA-256, PKCS #1 v1.5 (RFC 8017, 8.2.2): is this statement the fleet key's?

The key is its modulus, 384 bytes, most significant first; the exponent is 65537. The expected
block is built and compared whole, so nothing of the signer's padding is ever parsed.
"""

from binascii import unhexlify
from hashlib import sha256

KEY_BYTES = 384
SQUARINGS = 16  # 65537 = 2 ** 16 + 1
SHA256_INFO = unhexlify("3031300d060960864801650304020105000420")


def is_signed(key: bytes, digest: bytes, signature: bytes) -> bool:
    """Return whether signature is the key's over a message with this SHA-256.

    Seventeen multiplications instead of one pow(): between them the control loop gets its turn.
    """
    modulus, number = from_bytes(key), from_bytes(signature)
    if len(signature) != KEY_BYTES or number >= modulus:
        return False
    block = number
    for _ in range(SQUARINGS):
        block = block * block % modulus
    block = block * number % modulus
    return block.to_bytes(KEY_BYTES, "big") == padded(digest)


def padded(digest: bytes) -> bytes:
    filling = KEY_BYTES - 3 - len(SHA256_INFO) - len(digest)
    return b"\x00\x01" + b"\xff" * filling + b"\x00" + SHA256_INFO + digest


def check_key(key: bytes):
    """Raise ValueError if this cannot be the modulus of a 3072-bit key."""
    if len(key) != KEY_BYTES:
        raise ValueError("key: %d bytes, wanted %d" % (len(key), KEY_BYTES))
    if not key[0] & 0x80 or not key[-1] & 1:
        raise ValueError("key: not a modulus of 3072 bits")


def fingerprint(key: bytes) -> str:
    """Return the name of a key for people: the first 16 digits of its SHA-256."""
    return sha256(key).digest()[:8].hex()


def from_bytes(raw: bytes) -> int:
    return int.from_bytes(raw, "big")
