"""What the MicroPython scripts of these tests get: files of a flash, and how to run them."""

import base64
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

from maker import private_key, public

from box import bundle, compiled, mpy
from box.mpy import ROOT

FOLDER = "../../tests/host/update/"
CONFIG = b'{"box_id": "garage", "installer_limit_a": 16, "version": 1}'


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def run(tmp_path, script, *arguments, native=True, **job):
    """Return the JSON that a script printed. job goes to it as a file, its last argument."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps({**job, "out": str(tmp_path / "signals.csv")}))
    child = mpy.start(
        FOLDER + script,
        *arguments,
        str(path),
        native=native,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = child.communicate()[0]
    assert child.returncode == 0, said[-2_000:]
    return json.loads(said.splitlines()[-1])


def flash_files(facts, files) -> dict:
    """What the flash holds: both slots, what stands beside, the fleet's key, a config."""
    beside = {name: (ROOT / path).read_bytes() for name, path in bundle.ROOT_FILES.items()}
    beside["board.py"] = (ROOT / "boards/virtual/board.py").read_bytes()
    beside["update.key"] = public(private_key())
    beside["config.json"] = CONFIG
    before = {"main.py": b"", "state/gone.py": b"old"}  # the spare slot's, from two updates ago
    past = {**facts, "version": "0.0.1"}
    for slot, told, held in (("a/", facts, files), ("b/", past, before)):
        for name, content in bundle.slot_files(told, held).items():
            beside[slot + name] = content
    return {name: text(content) for name, content in beside.items()}


def application(version, **changed) -> dict:
    """The whole firmware as sources. changed: {path without .py, / as __: text behind it}."""
    files = {name: path.read_bytes() for name, path in compiled.sources("virtual").items()}
    files["version.py"] = b'VERSION = "%s"\n' % version.encode()
    for name, more in changed.items():
        files[name.replace("__", "/") + ".py"] += more.encode()
    return files


def compiled_for_host(files, folder) -> dict:
    """The same application as modules that MicroPython on this machine loads."""
    with ThreadPoolExecutor(2) as pool:
        jobs = {
            name[:-3] + ".mpy": pool.submit(
                compiled.compiled, content.decode(), name, "host", folder / str(number)
            )
            for number, (name, content) in enumerate(files.items())
        }
    return {name: job.result() for name, job in jobs.items()}
