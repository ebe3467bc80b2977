"""Modules that are wanted for a moment: what they held goes back to the heap."""

import sys


def unload(name: str):
    """Forget a module; the next import loads it anew. Nothing of it may be kept elsewhere."""
    sys.modules.pop(name, None)
    package, _, module = name.rpartition(".")
    if package and hasattr(sys.modules[package], module):
        delattr(sys.modules[package], module)  # which keeps what was imported of it
