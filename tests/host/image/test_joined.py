"""What joins modules changes no meaning: small applications, run as they are and joined."""

import sys

import pytest

from box.joined import joined, staying

FREE = ["of", "rows", "heapify", "fromkeys"]
ROOTS = {
    "composition": "from parts import Part\n\ndef furnish(box):\n    box.part = Part(2)\n",
    "wiring": "",
    "storage/config": "",
    "storage/meter_key": "",
}
WALLBOX = """from parts import TABLE, total
import other as o

class Box:
    part = None

    def look(self, TABLE=TABLE):
        from composition import furnish
        furnish(self)
        total_ = [total for total in (1, 2)]
        return self.part.twice(), total(TABLE), o.total(TABLE), total_
"""
PARTS = """from time import sleep
TABLE = (1, 2, 3)
value = 100

def total(rows):
    return sum(rows)

class Part:
    value = 1
    TABLE = double = value * 2

    def __init__(self, value):
        self.value = value

    def twice(self):
        return self.value * self.double + total(TABLE) + self.TABLE
"""
OTHER = """from time import sleep
from parts import total as summed

def total(rows, of=summed):
    return -of(rows) - summed(rows)
"""
SEEN = (12, 6, -12, [1, 2])


def application(**changed):
    texts = {"wallbox": WALLBOX, "parts": PARTS, "other": OTHER, **ROOTS, **changed}
    return {name + ".py": text for name, text in texts.items()}


def run(texts, folder, monkeypatch):
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    for name in texts:
        monkeypatch.delitem(sys.modules, name.removesuffix(".py").replace("/", "."), False)
    import wallbox

    seen = wallbox.Box().look()
    for name in texts:
        sys.modules.pop(name.removesuffix(".py").replace("/", "."), None)
    return seen


KEPT = {("wallbox", "Box")}


def test_a_joined_application_does_what_its_modules_did(tmp_path, monkeypatch):
    texts, _ = joined(application(), {}, KEPT, FREE)
    assert sorted(texts) == ["wallbox.py"]
    assert texts["wallbox.py"].count("from time import sleep") == 1
    assert texts["wallbox.py"].count("import") == 2  # and of the function that imports
    assert run(texts, tmp_path, monkeypatch) == SEEN


def test_what_is_unloaded_stays_a_file_and_finds_the_rest(tmp_path, monkeypatch):
    wallbox = WALLBOX.replace("furnish(self)\n", "furnish(self)\n        unload('composition')\n")
    wallbox = "def unload(name):\n    pass\n" + wallbox
    texts, _ = joined(application(wallbox=wallbox), {}, KEPT, FREE)
    assert sorted(texts) == ["composition.py", "wallbox.py"]
    assert run(texts, tmp_path, monkeypatch) == SEEN


def test_each_module_stands_behind_what_it_needs():
    import ast

    modules = {path[:-3].replace("/", "."): ast.parse(t) for path, t in application().items()}
    order = staying(modules)
    assert order.index("parts") < order.index("other") < order.index("wallbox")


def test_a_traceback_names_the_functions_of_the_sources():
    texts, told = joined(application(), {"parts.py": {"total": "sum_of_rows"}}, KEPT, FREE)
    (short,) = told["wallbox.py"]
    assert told["wallbox.py"][short] == "sum_of_rows"
    assert "def %s(rows)" % short in texts["wallbox.py"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("import parts\n\ndef total(rows):\n    return parts\n", "as a value"),
        ("import parts\n\ndef total(rows):\n    parts.TABLE = rows\n", "sets parts.TABLE"),
        ("from parts import nothing\n\ndef total(rows):\n    return 1\n", "has no nothing"),
        ("from os import open\n\ndef total(rows):\n    return 1\n", "open would mean two things"),
        ("import parts\n\ndef total(parts):\n    return 1\n", "argument parts hides"),
    ],
)
def test_what_would_change_its_meaning_is_refused(other, why):
    with pytest.raises(ValueError, match=why):
        joined(application(other=other), {}, KEPT, FREE)


def test_one_name_for_two_things_is_refused():
    other = OTHER.replace("from time", "from os")
    with pytest.raises(ValueError, match="sleep is both"):
        joined(application(other=other), {}, KEPT, FREE)


@pytest.mark.parametrize(
    ("kept", "other", "why"),
    [
        ({("parts", "total"), ("other", "total")}, OTHER, "total would mean two things"),
        ({("parts", "TABLE")}, "from time import TABLE\n" + OTHER, "TABLE would mean two things"),
        (
            {("parts", "total")},
            "import parts\n\ndef total(rows):\n    total = 1\n    return parts.total(rows)\n",
            "a local total hides",
        ),
    ],
)
def test_a_name_that_is_shown_means_one_thing_or_is_refused(kept, other, why):
    with pytest.raises(ValueError, match=why):
        joined(application(other=other), {}, kept | KEPT, FREE)
