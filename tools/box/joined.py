"""Modules that stay in memory for good, joined into one for the chip.

Each module of its own costs an object, a table of names and a few strings that occur nowhere
else, on the flash a block of 4 KB; and what it imports stands in its table a second time. Joined,
one module has every name once. What comes and goes, like the console, stays a file.
"""

import ast
import builtins
import string
from collections.abc import Iterator

JOINT = "wallbox"  # the module that takes the others in
ROOTS = (JOINT, "composition", "wiring", "storage.config", "storage.meter_key")
APART = ("main", "board", "version")  # asked for by name: at the REPL, by boot.py, by an update
SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def joined(texts: dict, told: dict, kept: set, free: list) -> tuple:
    """Return ({path: source}, {path: {short: name}}), with one source for all that stays.

    texts: {path: source} of an application. told: names of functions before they were shortened.
    kept: {(module, name)} of what is shown or asked for as a text. free: new names. Raises
    ValueError when a module is used in a way that means nothing once it is joined.
    """
    modules = {module_of(path): ast.parse(text) for path, text in texts.items()}
    stay = staying(modules)
    own = [(name, n) for name in stay for row in modules[name].body for n in bound(row)]
    spare = unused(free, modules)
    final = {key: key[1] if key in kept else next(spare) for key in dict.fromkeys(own)}
    made, names = {}, {JOINT + ".py": {}}
    for path, text in texts.items():
        if module_of(path) not in stay:
            made[path] = source(Placed(module_of(path), modules, stay, final).rows())
            names[path] = told.get(path, {})
    parts = [Placed(name, modules, stay, final).rows() for name in stay]
    made[JOINT + ".py"] = source(without_repeated_imports(parts))
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


def ids_of(tree) -> set:
    """Return every name that stands in a module as something else than an attribute."""
    names = set()
    for node in ast.walk(tree):
        names |= {getattr(node, kind, None) for kind in ("id", "arg", "name", "asname")}
        if isinstance(node, ast.Global):
            names |= set(node.names)
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {part for alias in node.names for part in alias.name.split(".")}
    return names


def module_of(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def staying(modules: dict) -> list:
    """Return the modules that the roots import as they load, each behind those it needs."""
    order = []

    def visit(name):
        if name in order or name in APART:
            return
        for row in modules[name].body:
            for other in imported_by(row, modules):
                visit(other)
        order.append(name)

    for root in ROOTS:
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


def bound(row) -> list:
    """Return the names that a statement of the top level binds, imports left out."""
    if isinstance(row, ast.FunctionDef | ast.ClassDef):
        return [row.name]
    if isinstance(row, ast.Import | ast.ImportFrom | ast.Delete):
        return []
    inner = {id(n) for part in ast.walk(row) if isinstance(part, SCOPES) for n in ast.walk(part)}
    return [node.id for node in ast.walk(row) if is_stored(node) and id(node) not in inner]


def is_stored(node) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def locals_of(node) -> set:
    """Return the names that belong to a function or comprehension itself."""
    names, globals_ = set(), set()
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        names |= {arg.arg for arg in every if arg}
    for inner in inside(node):
        if is_stored(inner):
            names.add(inner.id)
        elif isinstance(inner, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
            names.add(inner.name)
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in inner.names}
        elif isinstance(inner, ast.Global):
            globals_ |= set(inner.names)
    return names - globals_


def inside(node):
    """Yield the nodes of a scope, those of the scopes in it left out."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*SCOPES, ast.FunctionDef, ast.ClassDef)):
            yield from inside(child)


def without_repeated_imports(parts: list) -> list:
    """Return the statements of all parts. Raises ValueError if two import different things as one."""
    rows, seen = [], {}
    for row in (row for part in parts for row in part):
        if not isinstance(row, ast.Import | ast.ImportFrom):
            rows.append(row)
            continue
        module = getattr(row, "module", None)
        for alias in row.names:
            name, source = alias.asname or alias.name, (module, alias.name)
            if seen.setdefault(name, source) != source:
                raise ValueError("%s is both %s and %s" % (name, source, seen[name]))
            if hasattr(builtins, name):
                raise ValueError("%s hides a builtin" % name)
        rows.append(row)
    texts = [ast.unparse(row) for row in rows]
    return [row for k, row in enumerate(rows) if is_no_import(row) or texts[k] not in texts[:k]]


def is_no_import(row) -> bool:
    return not isinstance(row, ast.Import | ast.ImportFrom)


class Placed(ast.NodeTransformer):
    """One module's statements as they stand beside the joint module, or inside of it.

    stay: the joined modules. final: {(module, name): name in the joint one}.
    """

    def __init__(self, module: str, modules: dict, stay: list, final: dict):
        self._module = module
        self._modules = modules
        self._stay = stay
        self._final = final
        self._is_inside = module in stay
        self._aliases = {}  # name here: joined module
        self._names = {n: short for (name, n), short in final.items() if name == module}
        self._hidden = [set()]
        self._ids = ids_of(modules[module])

    def rows(self) -> list:
        tree = self._modules[self._module]
        for node in ast.walk(tree):
            self._learn(node, node in tree.body)
        return self._block(tree.body)

    def _learn(self, node, is_top):
        """Note what an import binds to joined modules or to what is in them."""
        if isinstance(node, ast.Import):
            self._aliases |= {
                a.asname or a.name: a.name for a in node.names if a.name in self._stay
            }
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name, whole = alias.asname or alias.name, "%s.%s" % (node.module, alias.name)
                if whole in self._stay:
                    self._aliases[name] = whole
                elif is_top and node.module in self._stay:
                    final = self._final_of(node.module, alias.name)
                    if self._is_inside or final not in self._ids:
                        self._names[name] = final

    def _final_of(self, module, name):
        if (module, name) not in self._final:
            raise ValueError("%s: %s has no %s" % (self._module, module, name))
        return self._final[module, name]

    def visit_Import(self, node):
        if not any(alias.name in self._stay for alias in node.names):
            return node
        if len(node.names) > 1:
            raise ValueError("%s: import one module at a time" % self._module)
        if self._is_inside and self._is_top():
            return None
        alias = node.names[0]
        return ast.Import([ast.alias(JOINT, alias.asname or alias.name)])

    def visit_ImportFrom(self, node):
        rows, rest = [], []
        for alias in node.names:
            whole, name = "%s.%s" % (node.module, alias.name), alias.asname or alias.name
            if whole in self._stay:
                rows.append(ast.Import([ast.alias(JOINT, name)]))
            elif node.module in self._stay:
                final = self._final_of(node.module, alias.name)
                here = self._names.get(name, name) if self._is_top() else name
                rows.append(ast.ImportFrom(JOINT, [ast.alias(final, here)], 0))
            else:
                rest.append(alias)
        if self._is_inside and self._is_top():
            rows = []
        return rows + ([ast.ImportFrom(node.module, rest, 0)] if rest else [])

    def _is_top(self):
        return len(self._hidden) == 1

    def visit_Attribute(self, node):
        if not isinstance(node.value, ast.Name) or node.value.id not in self._aliases:
            return self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            raise ValueError("%s: sets %s" % (self._module, ast.unparse(node)))
        alias = node.value.id
        final = self._final_of(self._aliases[alias], node.attr)
        is_local = any(alias in names for names in self._hidden)
        if self._is_inside and not is_local:
            return ast.Name(final, ast.Load())
        node.attr = final
        return node

    def visit_Name(self, node):
        if node.id in self._aliases:
            raise ValueError("%s: uses the module %s as a value" % (self._module, node.id))
        node.id = self._spell(node.id)
        return node

    def visit_Global(self, node):
        node.names = [self._names.get(name, name) for name in node.names]
        return node

    def _spell(self, name):
        if any(name in names for names in self._hidden):
            return name
        return self._names.get(name, name)

    def visit_FunctionDef(self, node):
        node.name = self._spell(node.name)
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        return self._function(node)

    def visit_Lambda(self, node):
        return self._function(node)

    def _function(self, node):
        """What defaults name lies outside."""
        given = node.args
        given.defaults = [self.visit(part) for part in given.defaults]
        given.kw_defaults = [part and self.visit(part) for part in given.kw_defaults]
        own = locals_of(node)
        self._hidden.append(own)
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            node.body = self._block(node.body)
        self._hidden.pop()
        return node

    def _block(self, rows):
        placed = []
        for row in rows:
            done = self.visit(row)
            placed += done if isinstance(done, list) else [done] if done else []
        return placed

    def visit_ClassDef(self, node):
        """What a class binds is seen by its own statements, not by its methods."""
        node.name = self._spell(node.name)
        node.bases = [self.visit(base) for base in node.bases]
        own, rows = locals_of(node), []
        for row in node.body:
            if isinstance(row, ast.FunctionDef):
                self._hidden.append({row.name})
                name, row.name = row.name, ""
                row.decorator_list = [self.visit(part) for part in row.decorator_list]
                self._hidden.pop()
                self._hidden.append(set())
                row = self._function(row)
                self._hidden.pop()
                row.name = name
                rows.append(row)
            else:
                self._hidden.append(own)
                rows += self._block([row])
                self._hidden.pop()
        node.body = rows
        return node

    def visit_ListComp(self, node):
        return self._comprehension(node)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def _comprehension(self, node):
        self._hidden.append(locals_of(node))
        self.generic_visit(node)
        self._hidden.pop()
        return node
