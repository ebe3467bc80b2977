"""How a verb of `box` ends badly: one line on stderr and a status."""

import typer

WRONG_INPUT, FAILED = 2, 1


def stop(text: str, status: int = WRONG_INPUT):
    """Say one line on stderr and end."""
    typer.echo(text, err=True)
    raise typer.Exit(status)
