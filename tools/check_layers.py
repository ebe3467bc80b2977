"""The house rules, checked from the source: check_layers.py [ROOT]. One line a violation.

Imports point down only (docs/architecture.md); functions stay small; names say the field's own
word.
"""

import ast
import re
import sys
from pathlib import Path

LINES_OF_A_FUNCTION = 60
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
VAGUE = {"manager", "handler", "helper", "util", "data", "process", "processes"}
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")  # of snake_case and PascalCase

BARE = {"micropython"}  # const() and decorators: every file may import them
CHIP = {"machine", "time", "array", "struct"}
SERVICE = {"json", "os", "time", "random", "errno", "gc", "socket", "struct", "umqtt.simple"}
NET = {"network", "select", "tls", "binascii"}
# folder or file under firmware/: what it may import (a folder name allows all in it)
LAYERS = {
    "state": {"state"},
    "utc.py": {"time"},
    "drivers": CHIP | {"drivers", "utc"},
    "exchange.py": {"state"},
    "blackbox.py": {"array"},
    "control.py": {"state", "exchange", "blackbox"},
    "calibrate.py": set(),
    "board_schema.py": set(),
    "recovery.py": {"time"},
    "backoff.py": {"time"},
    "reservation.py": {"time", "_thread", "network", "blackbox"},
    "wall_clock.py": {"time"},
    "core_settings.py": {"state", "exchange"},
    "metering": {"metering", "math", "time", "json", "os", "errno"},
    "sessions": SERVICE | {"binascii", "energy", "exchange", "state", "storage", "unloading"},
    "energy": {"energy"},
    "storage": SERVICE | {"storage", "utc", "array", "binascii", "esp32", "hashlib", "vfs"},
    "setup": SERVICE | {"setup", "network", "backoff"},
    "unloading.py": {"sys"},
    "cloud": SERVICE
    | NET
    | {"backoff", "cloud", "energy", "exchange", "state", "storage", "unloading", "version"},
    "assembly.py": {"wiring", "setup", "unloading"},
    "wiring.py": {"collections", "machine", "board_schema", "bus_meters", "drivers"},
    "bus_meters.py": {"machine", "drivers"},
    "boot.py": {
        "micropython",
        "time",
        "machine",
        "board",
        "slots",
        "app_partitions",
        "start_guard",
    },
    "app_partitions.py": {"_stamp", "esp32", "machine", "slots", "sys"},
    "slots.py": {"json", "os", "sys", "binascii", "hashlib"},
    "start_guard.py": {"sys", "machine", "slots", "main", "board"},
    "version.py": set(),
    "update": SERVICE
    | {"update", "slots", "unloading", "version", "binascii", "hashlib", "sys", "state", "select"},
    "console_help.py": set(),
    "console.py": {"json", "sys", "time", "console_help", "console_views", "selftest"}
    | {"metering", "state", "storage", "unloading"},
    "console_views.py": {"time", "cloud", "state", "unloading"},
    "services.py": {"backoff"},
    "selftest.py": {"time", "state"},
    "composition.py": None,  # everything
    "wallbox.py": None,
    "main.py": None,
}


def check(root: Path) -> list:
    """Return the violations below root/firmware and root/tools as text lines."""
    firmware = root / "firmware"
    found = []
    imports = {}
    for path in sorted(firmware.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(firmware)
        imports[".".join(name.with_suffix("").parts)] = imported(tree)
        found += layer_faults(name, tree)
        found += size_faults(path.relative_to(root), path, tree)
    for path in sorted((root / "tools").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += size_faults(path.relative_to(root), path, tree)
    return found + graph_faults(imports)


def imported(tree) -> list:
    """Return [(module, line), ...]; `from state import pilot` counts as state.pilot."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")  # a relative one matches no layer
            names.append((module, node.lineno))
            names += [("%s.%s" % (module, alias.name), node.lineno) for alias in node.names]
    return names


def is_vague(name: str) -> bool:
    words = [word.lower() for word in WORD.findall(name)]
    return any(word in VAGUE or word.removesuffix("s") in VAGUE for word in words)


def layer_faults(name: Path, tree) -> list:
    layer = name.parts[0]
    if layer not in LAYERS:
        return ["firmware/%s: no layer: add it to tools/check_layers.py" % name]
    allowed = LAYERS[layer]
    if allowed is None:
        return []
    allowed = allowed | BARE
    wrong = {}
    for module, line in imported(tree):
        if not any(module == good or module.startswith(good + ".") for good in allowed):
            wrong.setdefault(line, module)  # once a line: the module, not each of its names
    return [
        "firmware/%s:%d: %s must not import %s" % (name, line, layer, module)
        for line, module in wrong.items()
    ]


def size_faults(name: Path, path: Path, tree) -> list:
    found = []
    if is_vague(path.stem):
        found.append("%s: a vague name" % name)
    for node in ast.walk(tree):
        if not isinstance(node, FUNCTIONS | ast.ClassDef):
            continue
        if is_vague(node.name):
            found.append("%s:%d: %s: a vague name" % (name, node.lineno, node.name))
        length = node.end_lineno - node.lineno + 1
        if isinstance(node, FUNCTIONS) and length > LINES_OF_A_FUNCTION and not is_table(node):
            found.append("%s:%d: %s: %d lines" % (name, node.lineno, node.name, length))
    return found


def is_table(function) -> bool:
    """Return whether a function does nothing but return a table."""
    rest = [row for row in function.body if not isinstance(row, ast.Expr)]
    return len(rest) == 1 and isinstance(getattr(rest[0], "value", None), ast.Tuple)


def graph_faults(imports: dict) -> list:
    """Return the cycles among the imports."""
    edges = {name: {m for m, _ in names if m in imports} for name, names in imports.items()}
    free = set()

    def visit(name, chain):
        if name in chain:
            raise RecursionError(" -> ".join([*chain, name]))
        if name not in free:
            for module in edges[name]:
                visit(module, [*chain, name])
            free.add(name)

    found = []
    for name in edges:
        try:
            visit(name, [])
        except RecursionError as cycle:
            found.append("firmware: import cycle: %s" % cycle)
    return found


if __name__ == "__main__":
    lines = check(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
    print("\n".join(lines) or "layers: clean")
    sys.exit(1 if lines else 0)
