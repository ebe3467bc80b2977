"""Break the core, one small thing at a time, and see whether a test notices: mutate.py [FILE ...].

Each mutant changes one comparison, number, operator, condition or result in firmware/state/. The
tests of the core run against a copy with that one change. Prints the survivors and the score.
"""

import ast
import copy
import multiprocessing
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / "firmware" / "state"
TESTS = ROOT / "tests" / "host"
FEW_EXAMPLES = "25"  # of the properties, per mutant
LIMIT_S = 120

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


def sites(tree):
    """Yield (node, kind) of everything that can be broken."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            yield node, "compare"
        elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign) and type(node.op) in SWAPS:
            yield node, "operator"
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            yield node, "number + 1"
            yield node, "number - 1"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "not"
        elif isinstance(node, ast.If):
            yield node, "if True"
            yield node, "if False"


def break_it(node, kind):
    if kind == "compare":
        node.ops[0] = SWAPS[type(node.ops[0])]()
    elif kind == "operator":
        node.op = SWAPS[type(node.op)]()
    elif kind.startswith("number"):
        node.value += 1 if "+" in kind else -1
    elif kind == "not":
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
    else:
        node.test = ast.Constant(kind.endswith("True"))


def mutants(path):
    """Yield (name, source) of every mutant of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for index in range(len(list(sites(tree)))):
        broken = copy.deepcopy(tree)
        node, kind = list(sites(broken))[index]
        was = ast.unparse(node).splitlines()[0]
        break_it(node, kind)
        name = "%s:%d: %s: %s" % (path.name, node.lineno, kind, was)
        yield name, ast.unparse(ast.fix_missing_locations(broken))


def is_killed(job):
    """Run the core's tests with one file replaced, in a child of this process."""
    name, file, source = job
    child = os.fork()
    if child == 0:
        os._exit(0 if survives(file, source) else 1)
    return name, os.waitpid(child, 0)[1] != 0


def survives(file, source):
    import signal

    signal.alarm(LIMIT_S)  # a mutant that never ends is killed
    os.environ["MUTATING"] = FEW_EXAMPLES
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(STATE, Path(folder) / "state")
        (Path(folder) / "state" / file).write_text(source)
        sys.path.insert(0, folder)
        os.environ["STATE_PATH"] = folder
        tests = [str(TESTS / "state"), str(TESTS / "cloud" / "test_commands.py")]
        return pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]) == 0


def main(names):
    files = [STATE / name for name in names] or sorted(STATE.glob("*.py"))
    jobs = [(name, path.name, source) for path in files for name, source in mutants(path)]
    print("%d mutants of %d files" % (len(jobs), len(files)), flush=True)
    alive = []
    with multiprocessing.Pool(2) as pool:
        for name, killed in pool.imap_unordered(is_killed, jobs, 4):
            if not killed:
                alive.append(name)
                print("survived: " + name, flush=True)
    share = 100 * (len(jobs) - len(alive)) / len(jobs)
    print("killed %d of %d, %.1f %%" % (len(jobs) - len(alive), len(jobs), share))


if __name__ == "__main__":
    main(sys.argv[1:])
