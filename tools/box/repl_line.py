"""How a running box is asked at its REPL: through mpremote, without a reset."""

import sys
from pathlib import Path


def mpremote(port: str, *words: str) -> list:
    """Return the command line that says words to the box at port."""
    return [str(Path(sys.executable).with_name("mpremote")), "connect", port, "resume", *words]
