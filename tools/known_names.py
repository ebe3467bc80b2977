"""Write tools/box/known_names.txt and free_names.txt; run again for a newer MicroPython.

Known: what MicroPython and umqtt may use of an object, from the official image's strings and the
ESP32's typings. Attributes of these names are never renamed (tools/box/names.py). Free: what every
interpreter at hand has in its flash, names to give that take no room in the heap.
"""

import ast
import builtins
import importlib.util
import keyword
import re
import sys
import textwrap
from pathlib import Path

import fetch_base
import fetch_oldest

ROOT = Path(__file__).resolve().parents[1]
WORD = rb"(?<=\0)[A-Za-z_][A-Za-z0-9_]+(?=\0)"
KNOWN = (
    "# Of ESP32_GENERIC 1.25.0's image, micropython-esp32-stubs and umqtt: tools/known_names.py"
)
FREE = "# In the flash of MicroPython 1.25 on ESP32 and 1.29 on unix: tools/known_names.py"


def known(image: bytes, sources: list) -> list:
    """Return the names in an image and in Python sources or typings, sorted."""
    names = words(image)
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            names |= {getattr(node, kind, None) or "" for kind in ("id", "attr", "name")}
    return sorted(name for name in names if re.fullmatch("[a-z_][a-z0-9_]*", name))


def words(program: bytes) -> set:
    return {word.decode() for word in re.findall(WORD, program)}


def free(programs: list) -> list:
    """Return the names that all programs have and that mean nothing in Python, sorted."""
    names = set.intersection(*map(words, programs))
    names = {name for name in names if name[0] != "_" and not keyword.iskeyword(name)}
    return sorted(name for name in names if not hasattr(builtins, name))


def found() -> list:
    """Raises RuntimeError when the image cannot be had."""
    image = fetch_base.fetch(ROOT / "build/base").read_bytes()
    places = [*(ROOT / "build/typings").rglob("*.pyi"), ROOT / "build/lib/umqtt/simple.py"]
    return known(image, [path.read_text(encoding="utf-8") for path in places])


def programs() -> list:
    """Raises RuntimeError when one cannot be had."""
    unix = Path(importlib.util.find_spec("micropython_run").origin)
    wasm = fetch_oldest.fetch(ROOT / "build/oldest") / "micropython.wasm"
    image = fetch_base.fetch(ROOT / "build/base")
    return [path.read_bytes() for path in (image, unix, wasm)]


def write(name: str, head: str, names: list):
    rows = [head, *textwrap.wrap(" ".join(names), 98)]
    (ROOT / "tools/box" / name).write_text("\n".join(rows) + "\n", encoding="utf-8")


def main():
    write("known_names.txt", KNOWN, found())
    write("free_names.txt", FREE, free(programs()))


if __name__ == "__main__":
    sys.exit(main())
