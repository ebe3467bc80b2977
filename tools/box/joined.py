"""Modules that stay in memory for good, joined into one for the chip.

Each module of its own costs an object, a table of names and a few strings that occur nowhere
else, on the flash a block of 4 KB; and what it imports stands in its table a second time. Joined,
one module has every name once. What comes and goes, like the console, stays a file.
"""

import ast
import builtins
import string
from collections.abc import Iterator, Sequence

from box.placed import JOINT, Placed, bound

ROOTS = (JOINT, "composition", "wiring", "storage.config", "storage.meter_key")
APART = ("main", "board", "version")  # asked for by name: at the REPL, by boot.py, by an update


def joined(texts: dict, told: dict, kept: set, free: list, drivers: Sequence = ()) -> tuple:
    """Return ({path: source}, {path: {short: name}}), with one source for all that stays.

    texts: {path: source} of an application. told: names of functions before they were shortened.
    kept: {(module, name)} of what is shown or asked for as a text. free: new names. drivers:
    modules that stay with this board. Raises ValueError when a module is used in a way that means
    nothing once it is joined.
    """
    modules = {module_of(path): ast.parse(text) for path, text in texts.items()}
    stay = staying(modules, drivers)
    own = [(name, n) for name in stay for row in modules[name].body for n in bound(row)]
    spare = unused(free, modules)
    final = {key: key[1] if key in kept else next(spare) for key in dict.fromkeys(own)}
    unchanged = [key[1] for key in final if key in kept]
    made, names = {}, {JOINT + ".py": {}}
    for path in texts:
        if module_of(path) not in stay:
            made[path] = source(Placed(module_of(path), modules, stay, final).rows())
            names[path] = told.get(path, {})
    parts = [Placed(name, modules, stay, final).rows() for name in stay]
    made[JOINT + ".py"] = source(without_repeated_imports(parts, unchanged))
    for path, long in told.items():
        for short, name in long.items() if module_of(path) in stay else ():
            here = final.get((module_of(path), short), short)
            both = names[JOINT + ".py"].setdefault(here, name)
            if name not in both.split(" or "):  # a function and a method
                names[JOINT + ".py"][here] = "%s or %s" % (both, name)
    return made, names


def source(rows: list) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(rows, [])))


def unused(free: list, modules: dict) -> Iterator:
    """Yield names for the joint module's own: of free, then those that only attributes have.

    An attribute's name stands in the heap anyhow, and means something else as a variable.
    """
    nodes = [node for tree in modules.values() for node in ast.walk(tree)]
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    taken = {
        getattr(node, kind, None) for node in nodes for kind in ("id", "arg", "name", "asname")
    }
    yield from (name for name in free if name not in taken)
    theirs = [name for name in sorted(attributes - taken - set(free)) if name[:2] != "__"]
    yield from (name for name in theirs if not hasattr(builtins, name))
    letters = string.ascii_uppercase
    yield from ("_" + one + two for one in letters for two in letters)


def module_of(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def staying(modules: dict, drivers: Sequence = ()) -> list:
    """Return the roots, the drivers and what they import as they load, behind what each needs."""
    order = []

    def visit(name):
        if name in order or name in APART:
            return
        for row in modules[name].body:
            for other in imported_by(row, modules):
                visit(other)
        order.append(name)

    for root in (*ROOTS, *drivers):
        visit(root)
    gone = unloaded(modules)
    return [name for name in order if name not in gone]


def unloaded(modules: dict) -> set:
    """Return the modules that are named as texts where unload() is called."""
    found = set()
    for tree in modules.values():
        nodes = list(ast.walk(tree))
        if any(isinstance(node, ast.Name) and node.id == "unload" for node in nodes):
            texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
            found |= texts.intersection(modules)
    return found


def imported_by(row, modules: dict) -> list:
    """Return the modules of ours that a statement imports."""
    found = []
    if isinstance(row, ast.Import):
        found = [alias.name for alias in row.names]
    if isinstance(row, ast.ImportFrom):
        found = [row.module, *("%s.%s" % (row.module, alias.name) for alias in row.names)]
    return [name for name in found if name in modules]


def without_repeated_imports(parts: list, unchanged: list) -> list:
    """Return the statements of all. Raises ValueError if a name would mean two things.

    unchanged: names that keep their spelling.
    """
    rows, seen = [], {}
    for name in unchanged:
        if unchanged.count(name) > 1 or hasattr(builtins, name):
            raise ValueError("%s would mean two things" % name)
    for row in (row for part in parts for row in part):
        if not isinstance(row, ast.Import | ast.ImportFrom):
            rows.append(row)
            continue
        module = getattr(row, "module", None)
        for alias in row.names:
            name, source = alias.asname or alias.name, (module, alias.name)
            if seen.setdefault(name, source) != source:
                raise ValueError("%s is both %s and %s" % (name, source, seen[name]))
            if hasattr(builtins, name) or name in unchanged:
                raise ValueError("%s would mean two things" % name)
        rows.append(row)
    texts = [ast.unparse(row) for row in rows]
    return [row for k, row in enumerate(rows) if is_no_import(row) or texts[k] not in texts[:k]]


def is_no_import(row) -> bool:
    return not isinstance(row, ast.Import | ast.ImportFrom)
