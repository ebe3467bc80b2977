"""The mutants of a file: each changes one comparison, number, operator, condition or statement."""

import ast
from collections import Counter

SWAPS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}
CALLS = {"min": "max", "max": "min"}
STATEMENTS = ast.Assign | ast.AugAssign | ast.Expr


class Mutant:
    """One place to break. file, line, function: where; "" outside of functions.

    statement: line of the statement that it is in.
    kind, was: what is broken and how. key: what an explanation names; it outlives moved lines.
    """

    def __init__(self, path, source, index, function, statement, node, kind):
        self.path, self.file, self.function, self.line = path, path.name, function, node.lineno
        self.statement, self.kind = statement, kind
        self._source, self._index = source, index
        self.was = ast.unparse(node).splitlines()[0]
        text = source.splitlines()[node.lineno - 1].strip()
        self.key = (self.file, function, text, kind + ": " + self.was)  # the n-th has " (n)"

    def __str__(self):
        return "%s:%d: %s: %s" % (self.file, self.line, self.kind, self.was)

    def code(self):
        """Return the broken file, compiled."""
        tree = ast.parse(self._source)
        node, kind, _, _ = list(sites(tree))[self._index]
        break_it(node, kind)
        return compile(ast.fix_missing_locations(tree), str(self.path), "exec")


def mutants(path):
    """Return every mutant of a file."""
    source = path.read_text(encoding="utf-8")
    found, met = [], Counter()
    for index, (node, kind, function, statement) in enumerate(sites(ast.parse(source))):
        mutant = Mutant(path, source, index, function, statement, node, kind)
        met[mutant.key] += 1
        if met[mutant.key] > 1:
            mutant.key = (*mutant.key[:3], "%s (%d)" % (mutant.key[3], met[mutant.key]))
        found.append(mutant)
    return found


def sites(tree, function="", statement=0):
    """Yield (node, kind, function, line of the statement) of everything that can be broken."""
    for node in ast.iter_child_nodes(tree):
        inside = function
        statement = node.lineno if isinstance(node, ast.stmt) else statement
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inside = "%s.%s" % (function, node.name) if function else node.name
        for kind in kinds(node, function):
            yield node, kind, function, statement
        yield from sites(node, inside, statement)


def kinds(node, function):
    if isinstance(node, ast.Compare):
        return ["compare %d" % k for k, op in enumerate(node.ops) if type(op) in SWAPS]
    if isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in SWAPS:
        return ["operator"]
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return ["number + 1", "number - 1"]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ["not"]
    if isinstance(node, ast.If | ast.IfExp):
        return ["if True", "if False"]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in CALLS:
        return ["the other"]
    if function and isinstance(node, STATEMENTS) and not is_text(node):
        return ["left out"]
    return []


def is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def break_it(node, kind):
    if kind.startswith("compare"):
        k = int(kind.split()[1])
        node.ops[k] = SWAPS[type(node.ops[k])]()
    elif kind == "operator":
        node.op = SWAPS[type(node.op)]()
    elif kind.startswith("number"):
        node.value += 1 if "+" in kind else -1
    elif kind == "the other":
        node.id = CALLS[node.id]
    elif kind == "not":
        become(node, ast.Call(ast.Name("bool", ast.Load()), [node.operand], []))
    elif kind == "left out":
        become(node, ast.Pass())
    else:
        node.test = ast.Constant(kind.endswith("True"))


def become(node, other):
    """Turn a node into another one, in place."""
    where = {name: getattr(node, name) for name in ("lineno", "col_offset")}
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__, **where)
