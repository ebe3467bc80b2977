"""What makes sources smaller changes no meaning: small cases; test_image.py plays the whole."""

import ast
import sys

import pytest

from box import names
from box.compiled import small_sources, sources
from box.mpy import ROOT
from box.names import readable
from box.shrink import shrunk

sys.path.insert(0, str(ROOT / "tools"))
import known_names  # noqa: E402


def smaller(**files):
    return shrunk({name + ".py": text for name, text in files.items()})[0]


def run(text, **given):
    scope = dict(given)
    exec(text, scope)
    return scope


def test_a_number_replaces_its_name_and_the_name_goes():
    text = smaller(a="HIGH = 3\nLOW = HIGH - 5\n\ndef f(x):\n    return x - LOW ** 2\n")["a.py"]
    assert "HIGH" not in text and "LOW" not in text
    assert run(text)["f"](10) == 10 - (-2) ** 2


def test_names_in_a_row_of_numbers_go_together():
    text = smaller(a="A, B, C = range(3)\n\ndef f():\n    return (A, B, C)\n")["a.py"]
    assert "A" not in text and run(text)["f"]() == (0, 1, 2)


def test_what_another_module_asks_for_goes_in_both():
    made = smaller(
        a="LIMIT = 7\nOWN = 8\n\ndef f():\n    return LIMIT + OWN\n",
        b="import a\nfrom a import LIMIT, f\n\ndef g():\n    return f() + LIMIT\n",
    )
    assert "LIMIT" not in made["a.py"] and "OWN" not in made["a.py"]
    assert "LIMIT" not in made["b.py"] and "from a import f" in made["b.py"]


def test_a_number_behind_a_module_is_folded():
    made = smaller(
        **{"s/p": "E = 4\n", "b": "from s import p\n\ndef g(x):\n    return x == p.E\n"}
    )
    assert ".E" not in made["b.py"] and " == 4" in made["b.py"]


KEPT = {
    "a text": "NAME = 'x'\n",
    "a float": "HALF = 0.5\n",
    "a bool": "ON = True\n",
    "assigned twice": "COUNT = 1\nCOUNT = 2\n",
    "changed in a function": "count = 0\nTURN = 1\n\ndef f():\n    global TURN\n    TURN += 1\n",
    "not in capitals": "pi = 1\n",
    "worked out at run time": "SIZE = len('x')\n",
}


@pytest.mark.parametrize("why", KEPT)
def test_anything_else_stays(why):
    made = smaller(a=KEPT[why], b="from a import NAME, HALF, ON, COUNT, count, TURN, pi, SIZE\n")
    assert made["a.py"].split() == KEPT[why].split()


PAIR = """class A:
    def __init__(self):
        self._first = 1
        self._second = 2
        self.third = 3

    def _added(self):
        return self._first + self._second + self.third
"""


def total(thing):
    """Call the one method that has got a short name."""
    short = [name for name in vars(type(thing)) if name[:2] != "__"]
    assert len(short) == 1 and short != ["_added"]
    return getattr(thing, short[0])()


def test_attributes_and_methods_get_short_names():
    text = smaller(a=PAIR)["a.py"]
    assert not any(name in text for name in ("_first", "_second", "third", "_added"))
    assert total(run(text)["A"]()) == 6


def test_two_of_one_file_never_share_a_name():
    thing = run(smaller(a=PAIR)["a.py"])["A"]()
    assert sorted(thing.__dict__.values()) == [1, 2, 3]


def test_a_class_and_its_base_in_another_file_never_share_one():
    base = PAIR.replace("class A", "class Base")
    child = "from a import Base\n\nclass B(Base):\n    def __init__(self):\n"
    body = "        super().__init__()\n        self._other = 9\n"
    made = smaller(a=base, b=child + body)
    scope = run(made["a.py"])
    thing = run(made["b.py"].replace("from a import Base", ""), **scope)["B"]()
    assert sorted(thing.__dict__.values()) == [1, 2, 3, 9]


SCOPES = """def outer(value, factor=1):
    def inner(value):
        return value * factor
    return [inner(factor) + k for k in range(value)] + [(lambda factor: factor + value)(5)]
"""


def test_parameters_get_short_names_in_every_scope_that_sees_them():
    text = smaller(a=SCOPES, b="from a import outer\n")["a.py"]
    assert "factor" not in text and "value" not in text
    assert run(text)["outer"](2, 3) == run(SCOPES)["outer"](2, 3) == [9, 10, 7]


def test_a_parameter_that_somebody_calls_by_its_name_keeps_it():
    made = smaller(a=SCOPES, b="from a import outer\n\ndef f():\n    return outer(2, factor=3)\n")
    assert "factor" in made["a.py"] and "value" not in made["a.py"]
    assert run(made["a.py"])["outer"](2, factor=3) == [9, 10, 7]


def test_a_default_is_of_the_scope_outside():
    text = smaller(a="long = 4\n\ndef f(long=long):\n    return long\n")["a.py"]
    assert run(text)["f"]() == 4


def test_what_a_module_keeps_to_itself_gets_a_short_name():
    texts = {
        "a": "TABLE = [1, 2]\n\ndef public():\n    return private() + TABLE[0]\n\n"
        "def private():\n    return len(TABLE)\n",
        "b": "from a import public\n",
        "c": "import a as d\n\ndef f():\n    return d.public()\n",
    }
    made = smaller(**texts)
    assert "private" not in made["a.py"] and "TABLE" not in made["a.py"]
    assert run(made["a.py"])["public"]() == 3
    assert "d.public()" in made["c.py"]


def test_a_table_that_only_the_loading_reads_is_dropped():
    text = smaller(
        a="ROWS = ((1, 2), (3, 4))\nFIRSTS = bytes(row[0] for row in ROWS)\n"
        "\ndef f():\n    return FIRSTS\n"
    )["a.py"]
    scope = run(text)
    assert scope["f"]() == bytes((1, 3)) and tuple(scope.values()).count(((1, 2), (3, 4))) == 0


def test_a_traceback_reads_as_in_the_sources():
    texts, told = shrunk({"cloud/link.py": PAIR + "\ndef _helping():\n    pass\n"})
    assert sorted(told["cloud/link.py"].values()) == ["_added", "_helping"]
    for short, name in told["cloud/link.py"].items():
        line = '  File "cloud.link", in %s'
        assert readable(line % short, told) == line % name
    assert readable("KeyError: _b", told) == "KeyError: _b"
    assert readable('  File "other", in _b', told) == '  File "other", in _b'


def test_an_attribute_named_in_a_text_is_left_alone_and_not_taken():
    made = smaller(a="def f(x):\n    x._long = 1\n    return getattr(x, '_a')\n")["a.py"]
    assert "_long" not in made and "._a " not in made


def test_an_attribute_whose_name_is_put_together_is_left_alone():
    made = smaller(a="def f(x):\n    x._long = x._other\n    return getattr(x, '_' + 'long')\n")
    assert "._long" in made["a.py"] and "_other" not in made["a.py"]


def test_what_the_black_box_records_by_name_keeps_its_name():
    made = smaller(**{"state/core": PAIR, "b": "def f(x):\n    return x._first\n"})
    assert "_first" in made["state/core.py"] and "_first" in made["b.py"]


OTHERS = {
    "a text names": "def f(x):\n    return getattr(x, 'third')\n",
    "a module has": "third = 7\n",
    "others set": "def f(x):\n    x.third = 7\n",
}
ASKS = {"a module has": "import b\n\ndef g():\n    return b.third\n"}


@pytest.mark.parametrize("why", OTHERS)
def test_a_public_attribute_keeps_the_name_that(why):
    made = smaller(a=PAIR, b=OTHERS[why], c=ASKS.get(why, ""))
    assert "third" in made["a.py"] and "_first" not in made["a.py"]


@pytest.mark.parametrize("path", ["state/core", "exchange", "wallbox"])
def test_what_is_recorded_or_open_to_an_engineer_keeps_its_public_names(path):
    text = smaller(**{path: PAIR})[path + ".py"]
    assert "third" in text and "_added" not in text


def test_a_module_of_which_something_is_set_keeps_its_name():
    text = smaller(a="import other\nother.path = 1\n\ndef f():\n    return other\n")["a.py"]
    assert "other.path" in text and "import other" in text


@pytest.mark.parametrize("name", ["write", "isconnected", "set_callback", "is_quiet"])
def test_what_micropython_umqtt_or_the_tools_ask_for_keeps_its_name(name):
    text = smaller(a="class A:\n    def %s(self):\n        self.rubbish = 1\n" % name)["a.py"]
    assert name in text and "rubbish" not in text


def test_the_known_names_are_those_of_today():
    try:
        found = known_names.found()
    except RuntimeError as wrong:
        pytest.skip("no official image: %s" % wrong)
    if not (ROOT / "build/typings").exists():
        pytest.skip("build/typings is missing: make lint")
    assert set(found) == names.known_names()


def counted(texts):
    kinds = ast.FunctionDef | ast.ClassDef
    return sum(isinstance(node, kinds) for text in texts for node in ast.walk(ast.parse(text)))


def test_every_source_of_the_application_is_there_and_compiles_here():
    texts = small_sources("virtual")
    every = sources("virtual")
    assert texts.keys() <= every.keys() and len(texts) < len(every)
    assert counted(texts.values()) == counted(path.read_text() for path in every.values())
    for name, text in texts.items():
        compile(text, name, "exec")
