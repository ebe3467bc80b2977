"""`box release`: keys, signed bundles, and bringing them to a box; see docs/updates.md."""

import json
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from box import bundle, ending, fleet_keys, publish
from box.ending import FAILED, WRONG_INPUT
from box.mpy import ROOT

app = typer.Typer(no_args_is_help=True, help="Updates: make, publish; keygen, succeed, rekey.")
Broker = Annotated[str, typer.Option(help="mqtt[s]://[user:password@]host[:port]")]
BoxId = Annotated[str, typer.Option("--box", help="the box_id")]
Authority = Annotated[str | None, typer.Option(help="PEM of the broker's CA, with mqtts://")]


def stop(text: str, status: int = WRONG_INPUT):
    ending.stop("box release: " + text, status)


@app.command()
def keygen(key: Annotated[Path, typer.Argument(help="file of the new key")]):
    """Make a fleet key: KEY stays with you, KEY.pub is a box's /update.key."""
    try:
        fleet_keys.make(key)
    except OSError as wrong:
        stop("box release: %s" % wrong)
    typer.echo("%s: keep it off the network; %s.pub goes to every box" % (key, key))


@app.command()
def make(
    board: Annotated[str, typer.Argument(help="see `box board list`")],
    key: Annotated[Path, typer.Option(help="the fleet's private key")],
    into: Annotated[Path, typer.Option(help="folder of all releases")] = Path("build/release"),
    unproven: Annotated[bool, typer.Option(help="also where modules cannot start")] = False,
    image: Annotated[Path | None, typer.Option(help="MicroPython with it frozen")] = None,
):
    """Build the board's application from a clean tree, sign it, put it among the releases."""
    from box import board as boards
    from box import compiled, firmware, frozen_image, pool

    if board not in boards.names():
        stop(boards.unknown(board))
    try:
        if not unproven and not image:
            pool.check(boards.load(board), pool.MODULES)
    except compiled.BuildError as wrong:
        stop(str(wrong))
    dirty = changes(ROOT)
    if dirty:
        stop("not from a tree with changes: %s" % dirty)
    version = firmware.version()
    try:
        check_newest(into, board, version)
        private = fleet_keys.load(key)
        chip = boards.load(board).CHIP
        if image:
            parts = frozen_image.bundled(boards.load(board), image.read_bytes())
        else:
            parts = compiled.application(board, chip)
    except (OSError, ValueError, compiled.BuildError) as wrong:
        stop("box release: %s" % wrong)
    facts = bundle.facts(version, board, chip, firmware.BASE, compiled.VERSION)
    signed = bundle.sign(
        bundle.unsigned(facts, parts), lambda text: fleet_keys.signature(private, text)
    )
    into.mkdir(parents=True, exist_ok=True)
    path = into / ("%s-%s.bundle" % (board, version))
    path.write_bytes(signed)
    typer.echo("%s: %d bytes, %d files" % (path, len(signed), len(parts)))


@app.command("publish")
def publish_bundle(
    file: Annotated[Path, typer.Argument(help="a signed bundle")],
    broker: Broker,
    box: BoxId,
    install: Annotated[bool, typer.Option(help="as soon as no car is connected")] = True,
    now: Annotated[bool, typer.Option(help="even while a car is connected")] = False,
    wait: Annotated[float, typer.Option(help="seconds to watch the installation")] = 900.0,
    ca: Authority = None,
    url: Annotated[str, typer.Option(help="https://: the box fetches it there by itself")] = "",
):
    """Bring a bundle to a box. Interrupted, it goes on where it was."""
    from rich.progress import Progress

    try:
        content = file.read_bytes()
        version = bundle.read_facts(content)["version"]
        with publish.Peer(broker, box, ca) as peer, Progress() as progress:
            bar = progress.add_task("sending", total=len(content))

            def show(phase, percent=None):
                progress.update(bar, description=phase)
                if percent is not None:
                    progress.update(bar, completed=len(content) * percent // 100)

            if url:
                publish.point(peer, content, version, url)
            else:
                publish.send(
                    peer, content, version, lambda have: progress.update(bar, completed=have)
                )
            why = ""
            if install:
                publish.install(peer, now)
            if install or url:
                why = publish.follow(peer, version, wait, show, is_ready=not install)
    except publish.Refused as wrong:
        stop("%s: %s" % (box, wrong), FAILED)
    except (OSError, ValueError) as wrong:
        stop("box release: %s" % wrong)
    if why:
        stop("%s: %s" % (box, why), FAILED)
    typer.echo("%s: %s %s" % (box, version, "runs" if install else "is there, not installed"))


@app.command()
def succeed(
    old: Annotated[Path, typer.Argument(help="private key in use")],
    new: Annotated[Path, typer.Argument(help="private key to follow it")],
    out: Annotated[Path, typer.Option(help="where the statement goes")],
):
    """Let one key name its successor."""
    try:
        out.write_text(fleet_keys.succession(fleet_keys.load(old), fleet_keys.load(new)))
    except (OSError, ValueError) as wrong:
        stop("box release: %s" % wrong)


@app.command()
def rekey(
    statement: Annotated[Path, typer.Argument(help="what `box release succeed` wrote")],
    broker: Broker,
    box: BoxId,
    ca: Authority = None,
):
    """Give a box the next key."""
    try:
        value = json.loads(statement.read_text())
        with publish.Peer(broker, box, ca) as peer:
            typer.echo("%s: key %s" % (box, peer.ask("key", value)["key"]))
    except publish.Refused as wrong:
        stop("%s: %s" % (box, wrong), FAILED)
    except (OSError, ValueError) as wrong:
        stop("box release: %s" % wrong)


def changes(tree: Path) -> str:
    """Return the first change of the working tree that no commit has, or ""."""
    told = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tree, capture_output=True, text=True, check=False
    )
    if told.returncode:
        return "no git repository"
    return told.stdout.split("\n", 1)[0].strip()


def check_newest(folder: Path, board: str, version: str):
    """Raise ValueError unless version is above all releases of the board in folder."""
    for path in folder.glob("%s-*.bundle" % board):
        released = bundle.read_facts(path.read_bytes())["version"]
        if bundle.numbers(version) <= bundle.numbers(released):
            raise ValueError(
                "%s is not newer than %s: firmware/version.py says it" % (version, path.name)
            )
