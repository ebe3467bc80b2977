"""Sources made smaller for the chip's heap, where every name and every global takes room.

Three changes, none of which alters what the code does: whole-number constants become the numbers
where they are used, what only the loading of a module needs is dropped at its end, and private
names become short ones (names.py).
"""

import ast

from box.names import shorten

BENCH = ("NO_LIMIT", "A1", "B1", "B2", "C2_CLOSED")  # what tools/sim asks a compiled box for


def shrunk(sources: dict) -> tuple:
    """Return ({path: smaller source}, {path: {short: name}} of its functions).

    sources: {path: source} of a whole application.
    """
    trees = {path: ast.parse(source) for path, source in sources.items()}
    modules = {path.removesuffix(".py").replace("/", "."): tree for path, tree in trees.items()}
    constants = every_constant(modules)
    asked = asked_for(modules)
    for name in constants:
        constants[name] = {key: n for key, n in constants[name].items() if key not in BENCH}
    for name, tree in modules.items():
        values, aliases = imported(tree, constants)
        own = constants[name]
        tree.body = [node for node in tree.body if not defines_only(node, own, values | own)]
        Folded(values | own, aliases, constants).visit(tree)
        drop_rest(tree, asked[name])
    paths = dict(zip(modules, trees))
    told = shorten(trees, {paths[name]: names for name, names in asked.items()})
    texts = {path: ast.unparse(ast.fix_missing_locations(tree)) for path, tree in trees.items()}
    return texts, told


def every_constant(modules: dict) -> dict:
    """Return {module: {name: int}} of what is assigned once, in capitals, at the top level."""
    constants = {name: {} for name in modules}
    found = -1
    while found != sum(map(len, constants.values())):  # one may need another, of another module
        found = sum(map(len, constants.values()))
        for name, tree in modules.items():
            values, _ = imported(tree, constants)
            constants[name] = constants_of(tree, values)
    return constants


def constants_of(tree, values: dict) -> dict:
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not is_load(n)]
    found = {}
    for node in tree.body:
        for name, value in pairs(node, values | found):
            if name.isupper() and type(value) is int and stored.count(name) == 1:
                found[name] = value
    return found


def is_load(node) -> bool:
    return isinstance(node.ctx, ast.Load)


def pairs(node, values: dict) -> list:
    """Return [(name, value), ...] of an assignment that can be worked out now, else nothing."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return []
    if not isinstance(node.targets[0], ast.Name | ast.Tuple):
        return []  # of another module, or an item of a table
    names = [part for part in ast.walk(node.targets[0]) if isinstance(part, ast.Name)]
    code = compile(ast.fix_missing_locations(ast.Expression(node.value)), "", "eval")
    try:
        value = eval(code, {"__builtins__": {"range": range}}, dict(values))
    except (NameError, TypeError, ValueError, AttributeError):
        return []  # needs more than numbers
    if isinstance(node.targets[0], ast.Name):
        return [(names[0].id, value)]
    return [(part.id, one) for part, one in zip(names, value)]


def imported(tree, constants: dict) -> tuple:
    """Return ({name: value} of constants imported by name, {alias: module of ours})."""
    values, aliases = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {a.asname or a.name: a.name for a in node.names if a.name in constants}
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            inside = "%s.%s" % (node.module, alias.name)
            if inside in constants:
                aliases[alias.asname or alias.name] = inside
            elif alias.name in constants.get(node.module, ()):
                values[alias.asname or alias.name] = constants[node.module][alias.name]
    return values, aliases


def asked_for(modules: dict) -> dict:
    """Return {module: names that other modules ask for}."""
    asked = {name: set() for name in modules}
    for tree in modules.values():
        _, aliases = imported(tree, dict.fromkeys(modules, {}))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in asked:
                asked[node.module] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id in aliases:
                    asked[aliases[node.value.id]].add(node.attr)
    return asked


def defines_only(node, names, values: dict) -> bool:
    """Return whether a statement assigns constants, all of them among names."""
    found = [name for name, _ in pairs(node, values)]
    return bool(found) and all(name in names for name in found)


def drop_rest(tree, asked: set):
    """Delete at the end of a module what its functions and other modules never read: tables."""
    read = set(asked)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            read |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    rows = [row for row in tree.body if isinstance(row, ast.Assign) and len(row.targets) == 1]
    names = [row.targets[0].id for row in rows if isinstance(row.targets[0], ast.Name)]
    rest = sorted({name for name in names if name.isupper() and name not in read})
    if rest:
        tree.body.append(ast.Delete([ast.Name(name, ast.Del()) for name in rest]))


class Folded(ast.NodeTransformer):
    """Numbers in place of names. values: by name; aliases: modules whose constants are known."""

    def __init__(self, values, aliases, constants):
        self._values = values
        self._aliases = aliases
        self._constants = constants

    def visit_Name(self, node):
        if is_load(node) and node.id in self._values:
            return number(self._values[node.id])
        return node

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and node.value.id in self._aliases and is_load(node):
            known = self._constants[self._aliases[node.value.id]]
            if node.attr in known:
                return number(known[node.attr])
        return self.generic_visit(node)

    def visit_ImportFrom(self, node):
        """Import what is left; the module itself must still be loaded: others may rely on it."""
        known = self._constants.get(node.module, ())
        node.names = [alias for alias in node.names if alias.name not in known]
        return node if node.names else None


def number(value: int):
    """Return the expression of a number; a negative one keeps its sign apart."""
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)
