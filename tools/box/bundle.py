"""Makes the file that firmware/update/bundle.py reads: an application with its manifest.

Same input, same bytes: the order is by name, and nothing of the clock or the machine goes in.
docs/updates.md has the layout.
"""

import hashlib
import json
import struct

MAGIC = b"WALLBOX1"
FORMAT = 1
HEAD = struct.Struct("<8sII")
MANIFEST, MARK = "manifest", "whole"  # in the slot; the mark is written last

# file on the board, outside the slots: where it comes from. No update replaces these, so they are
# sources: a later MicroPython still reads them.
ROOT_FILES = {
    "boot.py": "firmware/boot.py",
    "slots.py": "firmware/slots.py",
    "start_guard.py": "firmware/start_guard.py",
}


def facts(version: str, board: str, chip: str, base: str, mpy: int) -> dict:
    """Return the facts of a manifest.

    board, chip: NAME and CHIP of the board file. base: the oldest MicroPython it runs on, as
    "1.25.0". mpy: major version of .mpy files, 6 for MicroPython 1.25 to 1.29.
    """
    given = {"version": version, "board": board, "chip": chip, "base": base, "mpy": mpy}
    return {"format": FORMAT, **given}


def manifest(facts: dict, files: dict) -> bytes:
    """Return the manifest. files: {name in the slot: contents}."""
    lines = [json.dumps(facts, sort_keys=True, separators=(",", ":"))]
    for name, content in sorted(files.items()):
        lines.append("%s %d %s" % (hashlib.sha256(content).hexdigest(), len(content), name))
    return "".join(line + "\n" for line in lines).encode()


def unsigned(facts: dict, files: dict) -> bytes:
    """Return a bundle that no box takes before sign() has been over it."""
    listed = manifest(facts, files)
    contents = b"".join(content for _, content in sorted(files.items()))
    return HEAD.pack(MAGIC, len(listed), 0) + listed + contents


def statement(bundle: bytes) -> bytes:
    """Return what is signed: magic, the manifest's length, the manifest."""
    size = HEAD.unpack_from(bundle)[1]
    return bundle[: HEAD.size - 4] + bundle[HEAD.size : HEAD.size + size]


def sign(bundle: bytes, signer) -> bytes:
    """Return the bundle with a new signature. signer(message) -> 384 bytes."""
    magic, size, signed = HEAD.unpack_from(bundle)
    signature = signer(statement(bundle))
    end = HEAD.size + size
    head = HEAD.pack(magic, size, len(signature))
    return head + bundle[HEAD.size : end] + signature + bundle[end + signed :]


def slot_files(facts: dict, files: dict) -> dict:
    """Return what an image puts into /a so that the box starts from it: files, manifest, mark."""
    listed = manifest(facts, files)
    mark = hashlib.sha256(listed).hexdigest().encode()
    return {**files, MANIFEST: listed, MARK: mark}


def read_facts(content: bytes) -> dict:
    """Return the facts of a signed bundle, unproven. Raises ValueError."""
    try:
        magic, size, signed = HEAD.unpack_from(content)
        facts = json.loads(content[HEAD.size : HEAD.size + size].split(b"\n", 1)[0])
        numbers(facts["version"])
    except (struct.error, ValueError, KeyError, TypeError):
        raise ValueError("not a bundle") from None
    if magic != MAGIC or not signed:
        raise ValueError("not a signed bundle")
    return facts


def numbers(version: str) -> tuple:
    """Return "1.2.0" as (1, 2, 0)."""
    return tuple(int(part) for part in version.split("."))
