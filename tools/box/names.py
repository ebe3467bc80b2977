"""Shorter names for the chip, where each name that occurs takes 20 bytes and more of the heap.

Attributes and parameters share a few short ones: an attribute its application-wide one, what a
module keeps to itself and what a function is given their own. Everything that MicroPython, an
engineer at the REPL or a text asks for by name keeps it. readable() reads a traceback.
"""

import ast
import itertools
import re
import string
from functools import cache
from pathlib import Path

from box.parameters import Numbered

HERE = Path(__file__).parent
KNOWN = HERE / "known_names.txt"  # to MicroPython and umqtt: what looks like ours may be theirs
FREE = HERE / "free_names.txt"  # of these, some that every MicroPython has in its flash
OPEN = ("wallbox.py", "composition.py", "exchange.py")  # an engineer walks main.box to its parts
OUTSIDE = ("boot.py", "slots.py", "rom_copy.py", "start.py")  # they stand beside the application
RECORDED = "state/"  # the black box writes these attributes down by name
TYPED = ("console.py", "main.py")  # what an engineer calls, with named arguments
TOLD = (*TYPED, "state/charging.py", "version.py")  # names that are shown or asked for


def shorten(trees: dict, asked: dict) -> dict:
    """Rename in {path: tree}. Return {path: {short: name}} of the functions, for tracebacks.

    asked: {path: names that other modules ask for}.
    """
    texts = set().union(*map(every_text, trees.values()))
    free = spellings(texts.union(*map(every_name, trees.values())))
    kept = texts | known_names() | asked_from_afar()
    kept = kept.union(*asked.values(), *map(top_names, trees.values()))
    used = texts.union(*map(every_attribute, trees.values()))
    spare = [name for name in free_names() if name not in used]
    attributes = short_attributes(trees, own_attributes(trees) - kept, spare, free)
    keywords = {node.arg for tree in trees.values() for node in ast.walk(tree) if is_keyword(node)}
    told = {}
    for path, tree in trees.items():
        own = set() if path in TOLD else own_names(tree) - texts - asked[path]
        near = {attributes.get(name) for name in every_attribute(tree)}
        left = [name for name in free if name not in near]
        renamed = Renamed(attributes, dict(zip(sorted(own), left)))
        renamed.visit(tree)
        told[path] = renamed.told
        if path not in TYPED:
            mine = left[: len(own)]
            Numbered(keywords, [name for name in free if name not in mine]).visit(tree)
    return told


def is_keyword(node) -> bool:
    return isinstance(node, ast.keyword) and node.arg is not None


def every_name(tree) -> set:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def every_text(tree) -> set:
    """Return the texts, which getattr may be given; where it is, also behind an underscore."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    texts = {text for text in texts if isinstance(text, str)}
    return texts | {"_" + text for text in texts} if "getattr" in every_name(tree) else texts


def spellings(taken: set) -> list:
    """Return _a, _b ... _z, _aa ...: short names that nobody uses."""
    letters = string.ascii_lowercase
    single = ("_" + one for one in letters)
    double = ("_" + one + two for one in letters for two in letters)
    return [name for name in itertools.chain(single, double) if name not in taken]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


@cache
def free_names() -> list:
    """Return names to give that cost a board nothing: MicroPython has them in its flash."""
    rows = FREE.read_text(encoding="utf-8").splitlines()
    return " ".join(row for row in rows if not row.startswith("#")).split()


@cache
def known_names() -> set:
    rows = KNOWN.read_text(encoding="utf-8").splitlines()
    return {name for row in rows if not row.startswith("#") for name in row.split()}


@cache
def asked_from_afar() -> set:
    """Return the attributes that others may ask for.

    The simulator, what stands beside the slots, the tools through mpremote, in texts that have a
    dot before the name, and readers of the docs at the console.
    """
    tools = [ast.parse(path.read_text(encoding="utf-8")) for path in HERE.glob("*.py")]
    texts = set().union(*map(every_text, tools))
    names = {name for text in texts for name in re.findall(r"[.]([a-z_]+)", text)}
    root = HERE.parents[1]
    told = " ".join(path.read_text(encoding="utf-8") for path in (root / "docs").glob("*.md"))
    names |= {name for path in re.findall(r"main[.]box[a-z_.]*", told) for name in path.split(".")}
    beside = [*(root / "tools/sim").rglob("*.py"), *(root / "firmware" / n for n in OUTSIDE)]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in beside]
    return names.union(*map(every_attribute, trees), *map(top_names, trees))


def top_names(tree) -> set:
    """Return what is defined at the top level: a module's attributes."""
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name for node in tree.body if isinstance(node, kinds)} | own_names(tree)


def own_attributes(trees: dict) -> set:
    """Return the attributes and methods that only the application's own objects can have.

    A private one is its class's own. A public one must be set by its class and by nobody else.
    """
    found, left = set(), set()
    for path, tree in trees.items():
        names = set(methods(tree)) | stored(tree, of_self=True)
        found |= names
        left |= stored(tree, of_self=False) - {n for n in names if is_private(n)}
        if path in OPEN:
            left |= names
        if path.startswith(RECORDED):
            left |= stored(tree, of_self=True)
    found |= {
        name for tree in trees.values() for name in every_attribute(tree) if is_private(name)
    }
    return {name for name in found - {n for n in left if not is_private(n)} if name[:2] != "__"}


def stored(tree, of_self: bool) -> set:
    """Return the attributes that are assigned: through self, or through anything else."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    nodes = [node for node in nodes if not isinstance(node.ctx, ast.Load)]
    return {node.attr for node in nodes if is_self(node.value) == of_self}


def is_self(node) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def short_attributes(trees: dict, own: set, spare: list, free: list) -> dict:
    """Return {attribute or method among own: short name}, one for the whole application.

    A method's is its alone, of spare first, or a traceback could not be read. Of two others that
    occur in one file, or in files of one family of classes, each has its own.
    """
    found = {path: every_attribute(tree) for path, tree in trees.items()}
    kept = set().union(*map(of_classes, trees.values()))
    kept |= set().union(*[recorded(t) for path, t in trees.items() if path.startswith(RECORDED)])
    groups = families(found, trees)
    called = set().union(*map(methods, trees.values())) & own - kept
    chosen = dict(zip(sorted(called), spare + free[::-1]))
    often = {name: sum(name in group for group in groups) for name in own - kept - called}
    free = [name for name in free if name not in chosen.values()]
    for name in sorted(often, key=lambda name: (-often[name], name)):
        near = {chosen.get(other) for group in groups if name in group for other in group}
        chosen[name] = next(short for short in free if short not in near)
    return chosen


def every_attribute(tree) -> set:
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | set(methods(tree))


def methods(tree) -> list:
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return [n.name for found in classes for n in found.body if isinstance(n, ast.FunctionDef)]


def of_classes(tree) -> set:
    """Return the names that a class's body assigns: attributes that look like variables."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    rows = [part for found in classes for part in found.body if isinstance(part, ast.Assign)]
    return {node.id for row in rows for node in ast.walk(row) if is_name(node)}


def recorded(tree) -> set:
    return {name for name in every_attribute(tree) if is_private(name)} - set(methods(tree))


def families(groups: dict, trees: dict) -> list:
    """Return the sets of names, those of a file that imports classes joined with its source's."""
    joined = {path: set(names) for path, names in groups.items()}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            source = (getattr(node, "module", None) or "").replace(".", "/") + ".py"
            if isinstance(node, ast.ImportFrom) and source in joined:
                if any(alias.name in bases(tree) for alias in node.names):
                    joined[path] |= groups[source]
    return list(joined.values())


def bases(tree) -> set:
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return {base.id for node in classes for base in node.bases if isinstance(base, ast.Name)}


def own_names(tree) -> set:
    """Return the functions and variables of a module's top level."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {n.id for target in node.targets for n in ast.walk(target) if is_stored(n)}
    given = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    stored = of_classes(tree) | {
        n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)
    }
    return {name for name in names - given - stored if len(name) > 3 and name[:2] != "__"}


def is_name(node) -> bool:
    return isinstance(node, ast.Name)


def is_stored(node) -> bool:
    return is_name(node) and isinstance(node.ctx, ast.Store)


class Renamed(ast.NodeTransformer):
    """attributes, globals_: {name: short}. told: {short: name} of the functions met."""

    def __init__(self, attributes, globals_):
        self._attributes = attributes
        self._globals = globals_
        self.told = {}
        self._in_class = False

    def visit_Attribute(self, node):
        node.attr = self._attributes.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_Name(self, node):
        node.id = self._globals.get(node.id, node.id)
        return node

    def visit_Global(self, node):
        node.names = [self._globals.get(name, name) for name in node.names]
        return node

    def visit_ClassDef(self, node):
        return self._inside(node, True)

    def visit_FunctionDef(self, node):
        names = self._attributes if self._in_class else self._globals
        if node.name in names:
            self.told[names[node.name]] = node.name
            node.name = names[node.name]
        return self._inside(node, False)

    def _inside(self, node, is_class):
        before, self._in_class = self._in_class, is_class
        self.generic_visit(node)
        self._in_class = before
        return node


def readable(traceback: str, told: dict) -> str:
    """Return a traceback with the names of the sources. told: what shorten() returned."""
    lines = []
    for line in traceback.split("\n"):
        head, _, name = line.rpartition(", in ")
        path = head.partition('"')[2].partition('"')[0].replace(".", "/") + ".py"
        long = told.get(path, {}).get(name.strip())
        lines.append("%s, in %s" % (head, long) if long else line)
    return "\n".join(lines)
