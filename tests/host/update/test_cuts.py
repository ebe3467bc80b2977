"""The supply is cut at every flash operation of an update and of a provisioning; see cuts.py."""

import pytest
from maker import FACTS, FILES, made, private_key, public
from works import application, compiled_for_host, flash_files, run, text

from box import image

SECTORS = image.places(8)["vfs"][1] // image.SECTOR  # as boards with modules have
NATIVE = False  # as machine code it ends in a segmentation fault of the unix port
OLD, NEW = "0.2.0", "0.9.0"


def update(tmp_path, old, new, **job):
    """Cut an update from old to new, {name: contents}, everywhere. Return what was counted."""
    return run(
        tmp_path,
        "cuts.py",
        "update",
        native=NATIVE,
        files=flash_files({**FACTS, "version": OLD}, old),
        bundle=text(made(files=new)),
        version=NEW,
        old=OLD,
        **job,
    )


def test_a_cut_at_every_operation_of_an_update_leaves_a_box_that_starts_and_goes_on(tmp_path):
    new = {**FILES, "state/core.py": b"new" * 700}
    told = update(tmp_path, FILES, new, sectors=64, finish_every=1, charge_every=0)
    print("%(points)d flash operations cut: %(old)d old, %(new)d new" % told)
    assert told["old"] > 50 and told["new"] > 5 and told["finished"] == told["points"]


def test_an_update_that_begins_finds_room_to_its_end(tmp_path):
    new = {**FILES, **{"drivers/part%d.py" % k: b"part" * 20 for k in range(20)}}
    told = run(
        tmp_path,
        "cuts.py",
        "full",
        native=NATIVE,
        files=flash_files({**FACTS, "version": OLD}, FILES),
        bundle=text(made(files=new)),
        version=NEW,
        old=OLD,
        sectors=96,
        **{"from": 41, "to": 9},
    )
    print("it fits with %(fitted)d free blocks; pieces before a refusal: %(refusals)s" % told)
    assert told["fitted"] and max(told["refusals"]) > 0 and told["refusals"][-1] == 0


@pytest.mark.long
def test_a_cut_at_every_operation_of_the_real_applications_update_leaves_one_that_charges(
    tmp_path,
):
    old = compiled_for_host(application(OLD), tmp_path)
    new = compiled_for_host(application(NEW), tmp_path)
    told = update(tmp_path, old, new, sectors=SECTORS, finish_every=0, charge_every=151)
    print("%(points)d flash operations cut: %(old)d old, %(new)d new, %(charged)d charged" % told)
    assert told["old"] > 1_000 and told["new"] > 5 and told["charged"] > 15


def test_a_cut_at_every_operation_of_a_provisioning_leaves_old_or_new(tmp_path):
    told = run(
        tmp_path,
        "cuts.py",
        "provisioning",
        native=NATIVE,
        files=flash_files({**FACTS, "version": OLD}, FILES),
        next_key=text(public(private_key(1))),
        sectors=64,
    )
    print("%(points)d flash operations cut" % told)
    assert told["points"] > 50
