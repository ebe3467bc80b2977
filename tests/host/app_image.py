"""A made-up application image as ESP-IDF's tools write it: header, segments, checksum, hash.

Layout: Espressif's "App Image Format" and "Firmware Image Format" of esptool. What is in the
segments is noise, but for the text that the caller wants to be found in one.
"""

import hashlib
import random
import struct

CHIP_IDS = {"esp32": 0, "esp32s2": 2, "esp32s3": 9}
LOAD_AT = (0x3F400020, 0x40080000)


def app_image(text: str, chip: str = "esp32s3", size: int = 20_000) -> bytes:
    """Return an image of about size bytes for the chip with text in its first segment."""
    noise = random.Random(text + chip)
    half = size // 8 * 4
    first = bytearray(noise.randbytes(half))
    place = text.encode() + b"\0"
    first[half // 2 : half // 2 + len(place)] = place
    return packed([bytes(first), noise.randbytes(half)], chip)


def packed(segments: list, chip: str, flash_size: int = 2) -> bytes:
    """Return the image of these segments. flash_size: the header's, 2 for 4 MB and 3 for 8 MB."""
    head = struct.pack("<BBBBI", 0xE9, len(segments), 2, flash_size << 4, 0x40081000)
    head += struct.pack("<B3xHBHH4xB", 0xEE, CHIP_IDS[chip], 0, 0, 399, 1)
    body, checksum = b"", 0xEF
    for content, address in zip(segments, LOAD_AT):
        body += struct.pack("<II", address, len(content)) + content
        for byte in content:
            checksum ^= byte
    whole = head + body
    whole += bytes(15 - len(whole) % 16) + bytes([checksum])
    return whole + hashlib.sha256(whole).digest()
