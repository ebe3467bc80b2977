"""Breaks firmware/state/ in every small way and tells what no test noticed: make mutation."""
