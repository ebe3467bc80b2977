"""What makes sources smaller changes no meaning: small cases; test_image.py plays the whole."""

import pytest

from box.compiled import small_sources, sources
from box.shrink import shrunk


def smaller(**files):
    return {name: text for name, text in shrunk({n + ".py": t for n, t in files.items()}).items()}


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


def test_what_another_module_asks_for_stays_where_it_is_and_goes_where_it_is_used():
    made = smaller(
        a="LIMIT = 7\nOWN = 8\n\ndef f():\n    return LIMIT + OWN\n",
        b="import a\nfrom a import LIMIT, f\n\ndef g():\n    return f() + LIMIT\n",
    )
    assert "LIMIT = 7" in made["a.py"] and "OWN" not in made["a.py"]
    assert "LIMIT" not in made["b.py"] and "from a import f" in made["b.py"]


def test_a_number_behind_a_module_is_folded():
    made = smaller(
        **{"s/p": "E = 4\n", "b": "from s import p\n\ndef g(x):\n    return x == p.E\n"}
    )
    assert "p.E" not in made["b.py"] and "x == 4" in made["b.py"]


KEPT = {
    "a text": "NAME = 'x'\n",
    "a float": "HALF = 0.5\n",
    "a bool": "ON = True\n",
    "assigned twice": "COUNT = 1\nCOUNT = 2\n",
    "changed in a function": "count = 0\nTURN = 1\n\ndef f():\n    global TURN\n    TURN += 1\n",
    "not in capitals": "plant = 1\n",
    "worked out at run time": "SIZE = len('x')\n",
}


@pytest.mark.parametrize("why", KEPT)
def test_anything_else_stays(why):
    assert smaller(a=KEPT[why])["a.py"].split() == KEPT[why].split()


PAIR = """class A:
    def __init__(self):
        self._first = 1
        self._second = 2
        self.third = 3

    def _sum(self):
        return self._first + self._second + self.third
"""


def test_private_attributes_get_short_names_functions_keep_theirs():
    text = smaller(a=PAIR)["a.py"]
    assert "_first" not in text and "_second" not in text
    assert "third" in text and "def _sum" in text
    assert run(text)["A"]()._sum() == 6


def test_two_of_one_file_never_share_a_name():
    thing = run(smaller(a=PAIR)["a.py"])["A"]()
    assert sorted(thing.__dict__.values()) == [1, 2, 3]


def test_a_class_and_its_base_in_another_file_never_share_one():
    base = PAIR.replace("class A", "class Base")
    child = "from a import Base\n\nclass B(Base):\n    def __init__(self):\n"
    body = "        super().__init__()\n        self._other = 9\n"
    made = smaller(a=base, b=child + body)
    scope = run(made["a.py"])
    assert run(made["b.py"].replace("from a import Base", ""), **scope)["B"]()._sum() == 6


def test_an_attribute_named_in_a_text_is_left_alone_and_not_taken():
    made = smaller(a="def f(x):\n    x._long = 1\n    return getattr(x, '_a')\n")["a.py"]
    assert "_long" not in made and "x._a " not in made


def test_what_the_black_box_records_by_name_keeps_its_name():
    made = smaller(**{"state/core": PAIR, "b": "def f(x):\n    return x._first\n"})
    assert "_first" in made["state/core.py"] and "_first" in made["b.py"]


def test_every_source_of_the_application_is_there_and_compiles_here():
    texts = small_sources("virtual")
    assert texts.keys() == sources("virtual").keys()
    for name, text in texts.items():
        compile(text, name, "exec")
