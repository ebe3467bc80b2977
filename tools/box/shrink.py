"""Sources made smaller for the chip's heap, where every name and every global takes room.

Two changes, neither of which alters what the code does: whole-number constants become the numbers
where they are used, and private attributes share short names. Functions keep theirs, so that a
traceback from the field still reads.
"""

import ast
import itertools
import string

RECORDED = "state/"  # the black box writes these attributes down by name


def shrunk(sources: dict) -> dict:
    """Return {path: source} of a whole application as {path: smaller source}."""
    trees = {path: ast.parse(source) for path, source in sources.items()}
    modules = {path.removesuffix(".py").replace("/", "."): tree for path, tree in trees.items()}
    constants = every_constant(modules)
    asked = asked_for(modules)
    for name, tree in modules.items():
        values, aliases = imported(tree, constants)
        own = constants[name]
        dead = {key for key in own if key not in asked[name]}
        tree.body = [node for node in tree.body if not defines_only(node, dead, values | own)]
        Folded(values | own, aliases, constants).visit(tree)
    names = short_names(trees)
    for tree in trees.values():
        Renamed(names).visit(tree)
    return {path: ast.unparse(ast.fix_missing_locations(tree)) for path, tree in trees.items()}


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
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            inside = "%s.%s" % (node.module, alias.name)
            if inside in constants:
                aliases[alias.name] = inside
            elif alias.name in constants.get(node.module, ()):
                values[alias.name] = constants[node.module][alias.name]
    return values, aliases


def asked_for(modules: dict) -> dict:
    """Return {module: names that other modules ask for}: those stay defined, also for a REPL."""
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


def defines_only(node, names: set, values: dict) -> bool:
    """Return whether a statement assigns constants, all of them among names."""
    found = [name for name, _ in pairs(node, values)]
    return bool(found) and all(name in names for name in found)


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
        node.names = [alias for alias in node.names if alias.name not in self._values]
        return node if node.names else None


def number(value: int):
    """Return the expression of a number; a negative one keeps its sign apart."""
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def short_names(trees: dict) -> dict:
    """Return {private attribute: short name}, one for the whole application.

    Functions and the core's attributes keep theirs. Two that occur in one file, or in files of one
    family of classes, never share one.
    """
    found = {path: private_attributes(tree) for path, tree in trees.items()}
    kept = {n.name for t in trees.values() for n in ast.walk(t) if isinstance(n, DEFINITIONS)}
    kept |= set().union(*[names for path, names in found.items() if path.startswith(RECORDED)])
    groups = families(found, trees)
    often = {name: sum(name in group for group in groups) for name in set().union(*groups) - kept}
    taken = kept.union(*map(every_name, trees.values()))
    free = [name for name in spellings(len(often) + len(taken)) if name not in taken]
    chosen = {}
    for name in sorted(often, key=lambda name: (-often[name], name)):
        near = {chosen.get(other) for group in groups if name in group for other in group}
        chosen[name] = next(short for short in free if short not in near)
    return chosen


DEFINITIONS = ast.FunctionDef | ast.ClassDef


def private_attributes(tree) -> set:
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def every_name(tree) -> set:
    """Return what must not be taken: names and texts, which getattr may be given."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return names | {text for text in texts if isinstance(text, str)}


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


def spellings(count: int) -> list:
    """Return _a, _b ... _z, _aa ...: as many short names as are wanted."""
    letters = string.ascii_lowercase
    single = ("_" + one for one in letters)
    double = ("_" + one + two for one in letters for two in letters)
    return list(itertools.islice(itertools.chain(single, double), count))


class Renamed(ast.NodeTransformer):
    def __init__(self, names):
        self._names = names

    def visit_Attribute(self, node):
        node.attr = self._names.get(node.attr, node.attr)
        return self.generic_visit(node)
