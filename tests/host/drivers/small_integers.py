"""Import firmware modules so that each result of their arithmetic is looked at.

A board's small integers end at 2**30: beyond it every result is an object on the heap, and the
control path allocates nothing.
"""

import ast
import importlib.util
import sys
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parents[3] / "firmware"
LIMIT = 1 << 30


class Watched(ast.NodeTransformer):
    """Wraps every binary operation, also of augmented assignments, in seen(result, line)."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return self._seen(node, node.lineno)

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        source = ast.parse(ast.unparse(node.target), mode="eval").body
        value = self._seen(ast.BinOp(source, node.op, node.value), node.lineno)
        return ast.Assign([node.target], value, lineno=node.lineno)

    def _seen(self, node, line):
        return ast.Call(ast.Name("seen", ast.Load()), [node, ast.Constant(line)], [])


class Book:
    """largest: of every line, "module:line", beyond the small integers. looked: at so many."""

    def __init__(self):
        self.largest = {}
        self.looked = 0
        self._kept = []

    def load(self, names):
        """Return the modules of these names, watched; give_back() what was there before."""
        return [self._load(name) for name in names]

    def give_back(self):
        for package, part, before in reversed(self._kept):
            name = "%s.%s" % (package.__name__, part)
            sys.modules.pop(name)
            if before:
                sys.modules[name] = before
                setattr(package, part, before)
            elif hasattr(package, part):
                delattr(package, part)
        self._kept = []

    def _load(self, name):
        path = FIRMWARE / (name.replace(".", "/") + ".py")
        tree = ast.fix_missing_locations(Watched().visit(ast.parse(path.read_text())))
        module = importlib.util.module_from_spec(
            importlib.util.spec_from_file_location(name, path)
        )
        module.__dict__["seen"] = self._seeing(name)
        package, _, part = name.rpartition(".")
        package = importlib.import_module(package)
        self._kept.append((package, part, sys.modules.get(name)))
        sys.modules[name] = module
        setattr(package, part, module)
        exec(compile(tree, str(path), "exec"), module.__dict__)
        return module

    def _seeing(self, name):
        def seen(value, line):
            self.looked += 1
            if type(value) is int and not -LIMIT <= value < LIMIT:
                place = "%s:%d" % (name, line)
                self.largest[place] = max(abs(value), self.largest.get(place, 0))
            return value

        return seen
