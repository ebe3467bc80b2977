"""The verbs of `box` for the bench: a virtual board on a serial port, the self-test of a box."""

import contextlib
import json
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from box import signals
from box.ending import FAILED, stop
from box.repl_line import mpremote

BEFORE_MS = 1_000  # of the board's life before anybody looks


def add_to(app):
    app.command("virtual-board")(virtual_board)
    app.command()(selftest)


def virtual_board(
    link: Annotated[Path | None, typer.Option(help="a name for the port, such as ttyBOX")] = None,
    ev: Annotated[str, typer.Option(help="a car that is plugged in, see `box evs`")] = "",
    hands: Annotated[bool, typer.Option(help="do what the self-test asks for")] = False,
    say: Annotated[str, typer.Option(help="to mpremote, then end: 'repl'")] = "",
):
    """Put the real firmware on a serial port for mpremote; lines signal,value act on its plant."""
    from box.serial_port import VirtualBoard

    try:
        if ev:
            signals.find(ev)
    except ValueError as wrong:
        stop("box virtual-board: %s" % wrong)
    if link is not None and link.exists() and not link.is_symlink():
        stop("box virtual-board: --link %s: is there already" % link)
    rows = [[BEFORE_MS, "ev.model", ev]] if ev else []
    with tempfile.TemporaryDirectory() as folder, VirtualBoard(folder, rows, hands=hands) as board:
        if say:
            command = mpremote(board.port, *shlex.split(say))
            raise typer.Exit(subprocess.run(command, check=False).returncode)
        if link is not None:
            link.unlink(missing_ok=True)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(board.port)
        typer.echo("a box at %s; Ctrl-C ends it" % (link or board.port))
        with contextlib.suppress(KeyboardInterrupt):
            _act(board)
        if link is not None:
            link.unlink(missing_ok=True)


def _act(board):
    """Pass on what is typed: signal,value. Without a terminal, wait to be ended."""
    for line in _typed(board):
        name, _, value = line.strip().partition(",")
        try:
            signals.check(name, value)
        except ValueError as wrong:
            typer.echo("%s: %s" % (name, wrong), err=True)
            continue
        board.set(name, value)
    while board.is_alive():
        board.wait(1)


def _typed(board):
    """Yield the lines of the terminal. In the background a shell would stop whoever reads it."""
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    while board.is_alive():
        try:
            line = sys.stdin.readline()
        except OSError:  # in the background
            board.wait(1)
            continue
        if not line:
            return
        yield line


def selftest(
    port: Annotated[str, typer.Option(help="serial port, such as /dev/ttyUSB0")],
    out: Annotated[Path, typer.Option(help="folder of the report")] = Path("build/selftest"),
    patience: Annotated[int, typer.Option(help="seconds to wait for each resistor")] = 60,
):
    """Lead through the box's self-test and keep the report as text and JSON."""
    from box.serial_box import PortError, check_port

    try:
        check_port(port)
        out.mkdir(parents=True, exist_ok=True)
    except (PortError, OSError) as wrong:
        stop("box selftest: %s" % wrong)
    code = "import console; console.selftest(%d, as_json=True)" % patience
    items = list(_told(mpremote(port, "exec", code)))
    if not items or "passed" not in items[-1]:
        stop("box selftest: the box did not finish it", FAILED)
    (out / "selftest.json").write_text(json.dumps(items, indent=1) + "\n")
    (out / "selftest.txt").write_text("\n".join(item["text"] for item in items) + "\n")
    typer.echo("report: %s, %s" % (out / "selftest.txt", out / "selftest.json"))
    if not items[-1]["passed"]:
        raise typer.Exit(FAILED)


def _told(command):
    """Yield the self-test's items and show them as they come; anything else is an answer."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout or ():
            try:
                item = json.loads(line)
            except ValueError:
                stop("box selftest: %s" % line.strip().removeprefix("selftest: "), FAILED)
            typer.echo(item["text"])
            yield item
