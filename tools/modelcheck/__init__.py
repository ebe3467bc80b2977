"""The model checker: every reachable state of the real core, one slice of the world at a time."""
