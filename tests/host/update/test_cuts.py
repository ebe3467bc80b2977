"""The supply is cut at every flash operation of an update and of a provisioning; see cuts.py."""

import base64
import json
import subprocess

from maker import FACTS, FILES, made, private_key, public

from box import bundle, mpy

CUTS = "../../tests/host/update/cuts.py"


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def run(tmp_path, case, job):
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))
    child = mpy.start(CUTS, case, str(path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = child.communicate()[0]
    assert child.returncode == 0, said[-2_000:]
    return json.loads(said)


def root_files(facts, files) -> dict:
    """What the flash holds before: slot a, the fleet's key, a config."""
    slot = bundle.slot_files(facts, files)
    return {
        **{"a/" + name: text(content) for name, content in slot.items()},
        "update.key": text(public(private_key())),
        "config.json": text(b'{"box_id": "garage", "installer_limit_a": 16, "version": 1}'),
    }


def test_a_cut_at_every_operation_of_an_update_leaves_a_box_that_starts_and_goes_on(tmp_path):
    job = {
        "files": root_files({**FACTS, "version": "0.8.0"}, FILES),
        "bundle": text(made(files={**FILES, "state/core.py": b"new" * 700})),
        "version": FACTS["version"],
        "sectors": 64,
        "finish": True,
    }
    told = run(tmp_path, "update", job)
    print("%(points)d flash operations cut, %(old)d old, %(new)d new" % told)
    assert told["old"] > 50 and told["new"] > 5


def test_a_cut_at_every_operation_of_a_provisioning_leaves_old_or_new(tmp_path):
    job = {
        "files": root_files({**FACTS, "version": "0.8.0"}, FILES),
        "next_key": text(public(private_key(1))),
        "sectors": 64,
    }
    told = run(tmp_path, "provisioning", job)
    print("%(points)d flash operations cut" % told)
    assert told["points"] > 50
