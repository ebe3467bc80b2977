"""`box run`: a broker, an independent MQTT client, the virtual box, and someone watching."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from box import mpy, picture, scenario
from box.brokers import Embedded, Listener
from box.screen import screen
from plant.ev_models import find

DAY_S = 86_400
WANTED = ("state", "telemetry", "event", "session", "availability")
SETTLE_S = 3.0
INTERRUPTED = "interrupted"
BROKER = re.compile(r"mqtt://([A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?")


def parse_broker(text: str):
    """Return (host, port) of mqtt://host:port. Raises ValueError with one sentence."""
    parts = BROKER.fullmatch(text)
    port = int(parts[2] or 1883) if parts else 0
    if not 0 < port < 1 << 16:
        raise ValueError("--broker: %r is not mqtt://host:port" % text)
    return parts[1], port


def run(ev: str, address, speed: int, seconds: int, out: Path) -> int:
    """Charge one car. address: (host, port) or None. out: a folder. Return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the box ends with us
    with contextlib.ExitStack() as stack:
        if address is None:
            address = stack.enter_context(Embedded()).address
        try:
            listener = stack.enter_context(Listener(address, out / "mqtt.jsonl"))
        except OSError as wrong:
            print("box run: broker mqtt://%s:%d: %s" % (*address, wrong), file=sys.stderr)
            return 2
        for name in _MADE:
            (out / name).unlink(missing_ok=True)  # or a failed run would show the last one's
        summary = _charge(ev, address, speed, seconds, out, listener.events)
        if summary.get("why") == INTERRUPTED:
            print("box run: interrupted", file=sys.stderr)
            return 130
        _await_messages(listener)
        counts = listener.counts
    return _report(summary, counts, ev, out)


def _charge(ev, address, speed, seconds, out, events):
    """Run the box and show it; return its summary, or one that says how it died."""
    job = {
        "mode": "run",
        "ev": ev,
        "speed": speed,
        "until_ms": (seconds or DAY_S) * 1_000,
        "limited": bool(seconds),
        "seed": 1,
        "broker": {"host": address[0], "port": address[1]},
        "out": str((out / "signals.csv").absolute()),
    }
    path = out / "job.json"
    path.write_text(json.dumps(job))
    child = mpy.start(
        "virtual_box.py", str(path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    summary, said = {}, []
    try:
        with screen(find(ev)["title"], events) as show:
            for line in child.stdout:
                try:
                    status = json.loads(line)
                except ValueError:
                    said.append(line)
                    continue
                if "summary" in status:
                    summary = status["summary"]
                else:
                    show(status)
        child.wait()
    except KeyboardInterrupt:
        summary = {"why": INTERRUPTED}
    finally:
        child.terminate()
        child.wait()
    return summary or {"why": "the box died: " + "".join(said)[-2_000:].strip()}


def _await_messages(listener):
    """The last messages may still be on their way."""
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end and not all(listener.counts.get(name) for name in WANTED):
        time.sleep(0.05)


def _report(summary, counts, ev, out):
    missing = [name for name in WANTED if not counts.get(name)]
    why = summary.get("why", "")
    if not why and missing:
        why = "no MQTT message under %s" % ", ".join(missing)
    (out / "summary.json").write_text(json.dumps({**summary, "messages": counts}, indent=1))
    if (out / "signals.csv").exists() and "energy_wh" in summary:
        picture.draw(scenario.load(out / "signals.csv"), find(ev)["title"], out / "session.png")
        counted_wh, true_wh = summary["energy_wh"], summary["true_wh"]
        off = " (%+.2f %%)" % (100 * (counted_wh / true_wh - 1)) if true_wh > 1 else ""
        said = "%.2f kWh counted, %.2f kWh flowed%s, %d messages"
        print(said % (counted_wh / 1_000, true_wh / 1_000, off, sum(counts.values())))
        print("picture %s, log %s, messages %s" % tuple(out / name for name in _FILES))
    print("the session was %s" % ("wrong: " + why if why else "right"))
    return 1 if why else 0


_FILES = ("session.png", "signals.csv", "mqtt.jsonl")
_MADE = ("session.png", "signals.csv", "summary.json")
