"""Short names for what functions are given, in every scope that sees them: names.py."""

import ast


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
