"""A module's statements as they stand inside of the joint module, or beside it: joined.py.

Every name keeps its meaning: what a function or a class binds hides what its module has.
"""

import ast

JOINT = "wallbox"  # the module that takes the others in
SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


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
    """Return the names that belong to a function or class itself.

    A comprehension's are left out: renamed with all that is in it, it means the same.
    """
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
        for node in ast.walk(tree):
            if isinstance(node, ast.arg) and node.arg in self._aliases:
                raise ValueError("%s: the argument %s hides a module" % (self._module, node.arg))
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
            return ast.Name(self._seen(final), ast.Load())
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
        return self._seen(self._names.get(name, name))

    def _seen(self, name):
        if any(name in names for names in self._hidden):
            raise ValueError("%s: a local %s hides the module's" % (self._module, name))
        return name

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
            is_method = isinstance(row, ast.FunctionDef)
            self._hidden.append(set() if is_method else own)
            rows += [self._method(row)] if is_method else self._block([row])
            self._hidden.pop()
        node.body = rows
        return node

    def _method(self, node):
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        return self._function(node)
