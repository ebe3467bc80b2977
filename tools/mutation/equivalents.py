"""Mutants that nobody can tell from the original: {(file, function, line, change): why}."""

EQUIVALENT = {}
