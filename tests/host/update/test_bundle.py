"""The bundle's format: what was signed is read, and whatever was touched is refused."""

import io
import struct

import pytest
from maker import FILES, made, private_key, public, signer

from box import bundle as making
from update.bundle import HEAD, Bundle, check_file
from update.signature import is_signed


@pytest.fixture
def read(tmp_path):
    """read(content) -> the Bundle, after everything about it was checked."""
    path = tmp_path / "bundle"

    def read(content):
        path.write_bytes(content)
        bundle = Bundle(io.BytesIO(content), public(private_key()))
        for _ in check_file(str(path), bundle):
            pass
        return bundle

    return read


def test_a_signed_bundle_is_read(read):
    bundle = read(made(version="1.2.0"))
    assert bundle.facts["version"] == "1.2.0" and bundle.facts["board"] == "virtual"
    file = io.BytesIO(made(version="1.2.0"))
    found = [(name, size, file.read(size)) for _, size, name in bundle.files(file)]
    assert found == [(name, len(text), text) for name, text in sorted(FILES.items())]
    assert bundle.size == len(made(version="1.2.0"))


def test_a_manifest_that_changes_on_the_flash_is_noticed(read):
    bundle, changed = read(made()), bytearray(made())
    assert b"".join(bytes(piece) for piece in bundle.manifest(io.BytesIO(changed)))
    changed[HEAD + 5] ^= 1
    with pytest.raises(ValueError, match="the manifest is not what was signed"):
        list(bundle.manifest(io.BytesIO(changed)))


def test_the_same_input_makes_the_same_bytes():
    assert made() == made(files=dict(reversed(FILES.items())))


def places(content):
    """{class of bytes: (first, behind the last)}."""
    size = struct.unpack_from("<I", content, 8)[0]
    manifest, signature, contents = HEAD, HEAD + size, HEAD + size + 384
    line = content.index(b"\n") + 1
    fields = content[line : content.index(b"\n", line)].split(b" ")
    name = line + len(fields[0]) + 1 + len(fields[1]) + 1
    return {
        "magic": (0, 8),
        "manifest length": (8, 12),
        "signature length": (12, 16),
        "facts": (manifest, line),
        "hash": (line, line + 64),
        "size": (line + 65, name - 1),
        "name": (name, name + len(fields[2])),
        "manifest": (name, signature),
        "signature": (signature, contents),
        "contents": (contents, len(content)),
    }


@pytest.mark.parametrize("what", places(made()))
def test_a_flipped_bit_is_refused(read, what):
    content = made()
    first, end = places(content)[what]
    step = max(1, (end - first) // 60)
    for at in range(first, end, step):
        flipped = bytearray(content)
        flipped[at] ^= 1 << at % 8
        with pytest.raises(ValueError, match="^bundle: "):
            read(bytes(flipped))


def test_a_bundle_cut_anywhere_is_refused(read):
    content = made()
    for length in [*range(0, len(content) - 1, 37), len(content) - 1]:
        with pytest.raises(ValueError, match="^bundle: "):
            read(content[:length])


def test_something_behind_the_end_is_refused(read):
    with pytest.raises(ValueError, match="follows its end"):
        read(made() + b"\0")


def test_an_unsigned_bundle_is_refused(read):
    with pytest.raises(ValueError, match="not signed$"):
        read(making.unsigned({"version": "1"}, FILES))


def test_a_bundle_of_another_key_is_refused(read):
    with pytest.raises(ValueError, match="not signed by key"):
        read(made(key=private_key(1)))


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "a/../b", ".x", "A", "a b", "whole", ""])
def test_a_signed_name_that_leaves_the_slot_is_refused(read, name):
    with pytest.raises(ValueError, match="a line of the manifest is wrong"):
        read(made(files={name: b"x"}))


@pytest.mark.parametrize("files", [{}, {"f%d" % k: b"" for k in range(201)}])
def test_no_files_or_too_many_are_refused(read, files):
    with pytest.raises(ValueError, match=r"^bundle: (the manifest has no end|a manifest of)"):
        read(made(files=files))


def test_an_unknown_format_is_refused(read):
    with pytest.raises(ValueError, match="format 2, known: 1"):
        read(made(format=2))


def test_a_signature_that_exceeds_the_modulus_is_refused():
    """The number behind it would be the same one modulo the key."""
    key = private_key()
    message = b"statement"
    from hashlib import sha256

    digest = sha256(message).digest()
    good = signer(key)(message)
    assert is_signed(public(key), digest, good)
    larger = int.from_bytes(good, "big") + int.from_bytes(public(key), "big")
    if larger < 1 << 3072:
        assert not is_signed(public(key), digest, larger.to_bytes(384, "big"))
    assert not is_signed(public(key), digest, b"\0" + good)
    assert not is_signed(public(key), digest, bytes(384))
