"""The key that signs this box's meter values: made on the box, never shown, kept for its life.

One small file of its own beside the config, which a factory reset does not touch. The secret is
read when something is signed and is no attribute of anything; only the public key is told.
"""

import os
from binascii import crc32, hexlify

SECRET_BYTES = 32
FILE_BYTES = SECRET_BYTES + 64 + 4


class MeterKey:
    """path: the key's file; None keeps it in RAM, for a box that is simulated.

    random_bytes(count): the chip's generator of random numbers.
    """

    def __init__(self, path: str | None, random_bytes):
        self._path = path or ""
        self._random_bytes = random_bytes
        self._content = b""
        stored = self._read() if path else None
        self.complaints = []
        if stored is not None and not is_whole(stored):
            self.complaints.append("meter key: damaged, a new one is made")

    def public_hex(self) -> str:
        """Return the public key as SubjectPublicKeyInfo in hex, "" while there is none."""
        from storage.p256 import DER_KEY

        content = self._read() or b""
        return hexlify(DER_KEY + content[SECRET_BYTES:-4]).decode() if is_whole(content) else ""

    def make(self):
        """Make and save a key. A generator that stops after each step; OSError: not saved."""
        from storage.p256 import N, times_base

        drawn = int.from_bytes(self._random_bytes(SECRET_BYTES + 8), "big")
        secret = drawn % (N - 1) + 1  # 64 bits more than N has: no value is likelier (FIPS 186-5)
        x, y = yield from times_base(secret)
        content = b"".join(n.to_bytes(SECRET_BYTES, "big") for n in (secret, x, y))
        self._save(content + crc32(content).to_bytes(4, "little"))

    def sign(self, message: bytes):
        """Return the signature in DER. A generator that stops after each step."""
        from storage.p256 import der_signature, signed

        content = self._read()
        if content is None or not is_whole(content):
            raise OSError("lost")
        secret = int.from_bytes(content[:SECRET_BYTES], "big")
        r, s = yield from signed(secret, message)
        return der_signature(r, s)

    def _read(self):
        """Return the file's content, None if there is none."""
        if not self._path:
            return self._content
        try:
            with open(self._path, "rb") as file:
                return file.read(FILE_BYTES + 1)
        except OSError:
            return None

    def _save(self, content):
        """Write beside and rename, as the config does: a cut leaves no half key."""
        if not self._path:
            self._content = content
            return
        with open(self._path + ".new", "wb") as file:
            file.write(content)
        os.rename(self._path + ".new", self._path)


def is_whole(content) -> bool:
    """Return whether these bytes are a key: its length, its checksum."""
    if content is None or len(content) != FILE_BYTES:
        return False
    return crc32(content[:-4]) == int.from_bytes(content[-4:], "little")
