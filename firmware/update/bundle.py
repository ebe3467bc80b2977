"""One file that carries an application: a head with its manifest and signature, then the files.

    8 bytes  magic          4  length of the manifest      4  length of the signature
    manifest: a line of JSON with the facts, then "<sha256> <size> <name>" a file
    signature: the fleet key's over the magic, the manifest's length and the manifest
    the files' contents in the manifest's order, and nothing behind them

Lengths have their least significant byte first. Whatever is wrong is one ValueError.
"""

import json
import struct
from binascii import hexlify
from hashlib import sha256

from update.signature import KEY_BYTES, fingerprint, is_signed

MAGIC = b"WALLBOX1"
HEAD = 16
FORMAT = 1
LONGEST_MANIFEST = 16_384
MOST_FILES = 200
LONGEST_NAME = 64
LARGEST = 1 << 22
IMAGE = "app.bin"  # the only file of a bundle for a frozen application
CHUNK = 1_024
FACTS = ("format", "version", "board", "chip", "base", "mpy")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_."
KEPT = ("manifest", "whole")  # names the slot itself uses


def head_bytes(head: bytes) -> int:
    """Return the bytes of head, manifest and signature together, from the first HEAD bytes."""
    if len(head) < HEAD or head[: len(MAGIC)] != MAGIC:
        raise ValueError("bundle: this is none, or of another format")
    manifest, signature = struct.unpack_from("<II", head, len(MAGIC))
    if not 0 < manifest <= LONGEST_MANIFEST:
        raise ValueError("bundle: a manifest of %d bytes" % manifest)
    if signature == 0:
        raise ValueError("bundle: not signed")
    if signature != KEY_BYTES:
        raise ValueError("bundle: a signature of %d bytes" % signature)
    return HEAD + manifest + signature


def has_head(path: str, have: int) -> bool:
    """Return whether the first `have` bytes, at path, hold manifest and signature."""
    if have < HEAD:
        return False
    with open(path, "rb") as file:
        return have >= head_bytes(file.read(HEAD))


class Bundle:
    """The head of a bundle, proven to be the fleet key's. Raises ValueError.

    facts: what the first line says. start: where the contents begin. size: of the whole bundle.
    statement: SHA-256 of what was signed. The manifest itself stays on the flash: the heap has no
    room for it.
    """

    def __init__(self, file, key: bytes):
        self.start = head_bytes(file.read(HEAD))
        self._end = self.start - KEY_BYTES  # of the manifest
        digest = sha256()
        for _ in stated(file, self._end, digest):
            pass
        self.statement = digest.digest()
        signature = file.read(KEY_BYTES)
        if len(signature) < KEY_BYTES:
            raise ValueError("bundle: ends within its head")
        if not is_signed(key, self.statement, signature):
            raise ValueError("bundle: not signed by key %s" % fingerprint(key))
        file.seek(HEAD)
        self.facts = read_facts(file.readline())
        self._files_at = file.tell()
        self.size, count = self.start, 0
        for _, size, _ in self.files(file):
            self.size += size
            count += 1
        if not 0 < count <= MOST_FILES:
            raise ValueError("bundle: the manifest has no end")
        if self.size > LARGEST:
            raise ValueError("bundle: %d bytes, at most %d" % (self.size, LARGEST))

    def files(self, file):
        """Yield (sha256 in hex, size, name) of each, and let file stand where its content begins.

        file: the bundle, opened. Raises ValueError.
        """
        line_at, content_at = self._files_at, self.start
        while line_at < self._end:
            file.seek(line_at)
            line = file.readline()
            line_at += len(line)
            if line[-1:] != b"\n" or line_at > self._end:
                raise ValueError("bundle: the manifest has no end")
            digest, size, name = read_file(line[:-1])
            file.seek(content_at)
            content_at += size
            yield digest, size, name

    def manifest_bytes(self) -> int:
        return self._end - HEAD

    def manifest(self, file):
        """Yield the manifest in pieces. Raises ValueError at its end if it has changed since."""
        digest = sha256()
        for piece in stated(file, self._end, digest):
            yield piece
        if digest.digest() != self.statement:
            raise ValueError("bundle: the manifest is not what was signed")


def stated(file, end: int, digest):
    """Yield the manifest, up to end, in pieces; digest takes in all that is signed."""
    file.seek(0)
    digest.update(file.read(len(MAGIC) + 4))
    file.seek(HEAD)
    for piece in chunks(file, end - HEAD, "its head"):
        digest.update(piece)
        yield piece


def read_facts(line: bytes) -> dict:
    try:
        facts = json.loads(line)
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise ValueError("bundle: the manifest is not JSON")
    for name in FACTS:
        if name not in facts:
            raise ValueError("bundle: the manifest has no %s" % name)
    if facts["format"] != FORMAT:
        raise ValueError("bundle: format %s, known: %d" % (facts["format"], FORMAT))
    return facts


def read_file(line: bytes):
    """Return (sha256, size, name) of a manifest's line."""
    try:
        digest, size, name = line.decode().split(" ")
        size = int(size)
    except ValueError:
        raise ValueError("bundle: a line of the manifest is wrong")
    if len(digest) != 64 or not 0 <= size <= LARGEST or not is_name(name):
        raise ValueError("bundle: a line of the manifest is wrong")
    return digest, size, name


def is_name(name: str) -> bool:
    """Return whether name is a plain path inside a slot."""
    parts = name.split("/")
    plain = all(c in LETTERS for part in parts for c in part)
    inside = all(part and part[0] != "." for part in parts)
    return plain and inside and len(name) <= LONGEST_NAME and name not in KEPT


def check_file(path: str, bundle):
    """Compare everything behind the head with its hash, a chunk a step of this generator.

    Raises ValueError naming the file that is wrong.
    """
    with open(path, "rb") as file:
        for wanted, size, name in bundle.files(file):
            digest = sha256()
            for part in chunks(file, size, name):
                digest.update(part)
                yield
            if hexlify(digest.digest()).decode() != wanted:
                raise ValueError("bundle: %s is not what was signed" % name)
        if file.read(1):
            raise ValueError("bundle: something follows its end")


def chunks(file, size: int, name: str):
    """Yield the next size bytes of file in pieces, each in the same buffer."""
    whole = memoryview(bytearray(CHUNK))
    while size:
        part = whole[: min(size, CHUNK)]
        if file.readinto(part) != len(part):
            raise ValueError("bundle: ends within %s" % name)
        size -= len(part)
        yield part
