"""The supply is cut at every operation of a frozen box's update; see frozen_cuts.py."""

import pytest
from app_image import app_image
from maker import made, private_key, public
from works import run, text

OLD, NEW = "0.2.0", "0.9.0"


def image(version):
    return app_image("wallbox:virtual:%s:%s" % (version, "0" * 64))


def cut(tmp_path, rollback, finish_every):
    told = run(
        tmp_path,
        "frozen_cuts.py",
        native=False,
        images=[text(image(version)) for version in (OLD, "0.0.1")],
        bundle=text(made(files={"app.bin": image(NEW)})),
        key=text(public(private_key())),
        version=NEW,
        old=OLD,
        rollback=rollback,
        finish_every=finish_every,
    )
    print("%(points)d flash operations cut: %(old)d old, %(new)d new" % told)
    assert told["old"] > 100 and told["new"] > 5
    assert told["finished"] == told["points"] // finish_every
    return told


@pytest.mark.parametrize("rollback", [True, False], ids=["with rollback", "without"])
def test_a_cut_at_every_operation_leaves_a_whole_application_and_its_config(tmp_path, rollback):
    cut(tmp_path, rollback, finish_every=20)


@pytest.mark.long
@pytest.mark.parametrize("rollback", [True, False], ids=["with rollback", "without"])
def test_after_each_cut_the_same_update_can_be_sent_again(tmp_path, rollback):
    cut(tmp_path, rollback, finish_every=1)
