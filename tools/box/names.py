"""Shorter names for the chip, where each name that occurs takes 20 bytes and more of the heap.

Private names and parameters share a few short ones: an attribute its application-wide one, what
a module keeps to itself and what a function is given their own. Everything that another module,
an engineer at the REPL or a text asks for by name keeps it. readable() reads a traceback.
"""

import ast
import itertools
import string

RECORDED = "state/"  # the black box writes these attributes down by name
TYPED = ("console.py", "main.py")  # what an engineer calls, with named arguments
TOLD = (*TYPED, "state/charging.py", "version.py")  # names that are shown or asked for


def shorten(trees: dict, asked: dict) -> dict:
    """Rename in {path: tree}. Return {path: {short: name}} of the functions, for tracebacks.

    asked: {path: names that other modules ask for}.
    """
    texts = set().union(*map(every_text, trees.values()))
    free = spellings(texts.union(*map(every_name, trees.values())))
    attributes = short_attributes(trees, texts, free)
    keywords = {node.arg for tree in trees.values() for node in ast.walk(tree) if is_keyword(node)}
    told = {}
    for path, tree in trees.items():
        own = set() if path in TOLD else own_names(tree) - texts - asked[path]
        near = {attributes.get(name) for name in private_attributes(tree)}
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


def short_attributes(trees: dict, texts: set, free: list) -> dict:
    """Return {private attribute or method: short name}, one for the whole application.

    Two that occur in one file, or in files of one family of classes, never share one.
    """
    found = {path: private_attributes(tree) for path, tree in trees.items()}
    kept = texts.union(*map(of_classes, trees.values()))
    kept |= set().union(*[recorded(t) for path, t in trees.items() if path.startswith(RECORDED)])
    groups = families(found, trees)
    often = {name: sum(name in group for group in groups) for name in set().union(*groups) - kept}
    chosen = {}
    for name in sorted(often, key=lambda name: (-often[name], name)):
        near = {chosen.get(other) for group in groups if name in group for other in group}
        chosen[name] = next(short for short in free if short not in near)
    return chosen


def private_attributes(tree) -> set:
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name for name in names | set(methods(tree)) if is_private(name)}


def methods(tree) -> list:
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return [n.name for found in classes for n in found.body if isinstance(n, ast.FunctionDef)]


def of_classes(tree) -> set:
    """Return the names that a class's body assigns: attributes that look like variables."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    rows = [part for found in classes for part in found.body if isinstance(part, ast.Assign)]
    return {node.id for row in rows for node in ast.walk(row) if is_name(node)}


def recorded(tree) -> set:
    return private_attributes(tree) - set(methods(tree))


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
            names |= {n.id for target in node.targets for n in ast.walk(target) if is_name(n)}
    given = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    stored = of_classes(tree) | {
        n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)
    }
    return {name for name in names - given - stored if len(name) > 3 and name[:2] != "__"}


def is_name(node) -> bool:
    return isinstance(node, ast.Name)


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


class Numbered(ast.NodeVisitor):
    """Renames the parameters of a file's functions, and inside of them what refers to them."""

    def __init__(self, keywords: set, free: list):
        self._keywords = keywords
        self._free = free
        self._short = {}  # in force here
        self._given = {}  # by the function that stands in no other one

    def visit_FunctionDef(self, node):
        self._enter(node)

    def visit_Lambda(self, node):
        self._enter(node)

    def visit_Name(self, node):
        node.id = self._short.get(node.id, node.id)

    def visit_Try(self, node):
        for clause in node.handlers:
            clause.name = self._short.get(clause.name, clause.name)
        self.generic_visit(node)

    def visit_Nonlocal(self, node):
        node.names = [self._short.get(name, name) for name in node.names]

    def _enter(self, node):
        """What a function's defaults and decorators name lies outside of it."""
        outside = self._short
        if not outside:
            self._given = {}
        for part in [*node.args.defaults, *node.args.kw_defaults]:
            if part is not None:
                self.visit(part)
        self._short = outside | {arg.arg: self._spell(arg.arg) for arg in parameters(node.args)}
        for arg in parameters(node.args):
            arg.arg = self._short[arg.arg]
        for part in node.body if isinstance(node, ast.FunctionDef) else [node.body]:
            self.visit(part)
        self._short = outside

    def _spell(self, name):
        if name in self._keywords:
            return name
        return self._given.setdefault(name, self._free[len(self._given)])


def parameters(arguments) -> list:
    return arguments.posonlyargs + arguments.args + arguments.kwonlyargs


def readable(traceback: str, told: dict) -> str:
    """Return a traceback with the names of the sources. told: what shorten() returned."""
    lines = []
    for line in traceback.split("\n"):
        head, _, name = line.rpartition(", in ")
        path = head.partition('"')[2].partition('"')[0].replace(".", "/") + ".py"
        long = told.get(path, {}).get(name.strip())
        lines.append("%s, in %s" % (head, long) if long else line)
    return "\n".join(lines)
