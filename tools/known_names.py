"""Write tools/box/known_names.txt: the names that MicroPython and umqtt may use of an object.

From the official image's strings and from the ESP32's typings; run again for a newer MicroPython.
Attributes of these names are never renamed (tools/box/names.py).
"""

import ast
import re
import sys
import textwrap
from pathlib import Path

import fetch_base

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "tools/box/known_names.txt"
WORD = rb"(?<=\0)[a-z_][a-z0-9_]+(?=\0)"
HEAD = (
    "# Of ESP32_GENERIC 1.25.0's image, micropython-esp32-stubs and umqtt: tools/known_names.py\n"
)


def known(image: bytes, sources: list) -> list:
    """Return the names in an image and in Python sources or typings, sorted."""
    names = {word.decode() for word in re.findall(WORD, image)}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            names |= {getattr(node, kind, None) or "" for kind in ("id", "attr", "name")}
    return sorted(name for name in names if re.fullmatch("[a-z_][a-z0-9_]*", name))


def found() -> list:
    """Raises RuntimeError when the image cannot be had."""
    image = fetch_base.fetch(ROOT / "build/base").read_bytes()
    places = [*(ROOT / "build/typings").rglob("*.pyi"), ROOT / "build/lib/umqtt/simple.py"]
    return known(image, [path.read_text(encoding="utf-8") for path in places])


def main():
    OUT.write_text(HEAD + "\n".join(textwrap.wrap(" ".join(found()), 98)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
