"""`box provision` is cut: the supply at each flash operation of the box, the line at each step."""

import json
import re
import shutil
import time

import pytest
from littlefs import LittleFS

from box import provision
from box.serial_box import SerialBox
from box.serial_port import VirtualBoard

SECTORS, SECTOR = 64, 4_096
BEFORE = {"installer_limit_a": 10}
ANSWERS = {"box_id": "garage", "installer_limit_a": 16, "wifi_ssid": "Haus", "wifi_key": "secret"}
CHARGE = [
    [0, "ev.current_a", "16"],
    [0, "ev.follow", "1"],
    [3_000, "ev.cp_ohm", "2740"],
    [6_500, "ev.cp_ohm", "882"],
    [14_000, "ev.cp_ohm", "882"],
]
PATIENCE_S = 30


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """{name: path} of what comes with the answers."""
    folder = tmp_path_factory.mktemp("files")
    found = {}
    for k, (name, size) in enumerate((("tls_ca", 770), ("tls_key", 130), ("update_key", 384))):
        found[name] = folder / name
        found[name].write_bytes(bytes([k + 1]) * size)
    return found


def provisioned(board, files, tell=lambda line: None):
    def prompt(question, default, is_secret):
        return str(ANSWERS.get(re.search(r"\((\w+)\)$", question)[1], ""))

    return provision.provision(board.port, {}, files, prompt, tell)


@pytest.fixture(scope="module")
def images(files, tmp_path_factory):
    """Paths of the flash as each cut of a provisioning, and of what follows it, leaves it."""
    folder = tmp_path_factory.mktemp("cuts")
    (folder / "img").mkdir()
    place, provision.PLACE = provision.PLACE, folder / "provision"
    with VirtualBoard(folder, config=BEFORE, cuts=folder / "img", sectors=SECTORS) as board:
        provisioned(board, files)
        with SerialBox(board.port) as box:  # whatever is written next shows what is there now
            box.ask("open('next', 'w').close()")
    provision.PLACE = place
    return sorted((folder / "img").iterdir(), key=lambda path: int(path.stem))


def held(image):
    """Return {path: bytes} of a flash, read by another implementation than ours."""
    disk = LittleFS(block_size=SECTOR, block_count=SECTORS, mount=False)
    disk.context.buffer = bytearray(image.read_bytes())
    disk.mount()
    found = {}
    for folder, _, names in disk.walk("/"):
        for name in names:
            path = folder.rstrip("/") + "/" + name
            with disk.open(path, "rb") as file:
                found[path] = file.read()
    return found


def test_wherever_it_is_cut_everything_is_old_or_new_and_whole(images, files):
    """And the config, which comes last, never names a file that is not there."""
    first = held(images[0])
    wanted = {"/" + provision.NAMES[name]: path.read_bytes() for name, path in files.items()}
    seen = {"old": 0, "new": 0}
    for image in images:
        found = held(image)
        config = json.loads(found["/config.json"])
        is_new = config != json.loads(first["/config.json"])
        seen["new" if is_new else "old"] += 1
        if is_new:
            assert config.items() >= {**ANSWERS, "tls_ca": "ca.der", "tls_key": "key.der"}.items()
            assert len(config["setup_key"]) == 14
        for path, content in wanted.items():
            assert found.get(path) in ((content,) if is_new else (None, content)), image
        for path in ("/boot.py", "/slots.py", "/start_guard.py"):
            assert found[path] == first[path], image
    print("%(old)d cuts leave the old, %(new)d the new" % seen)
    assert seen["old"] > 25 and seen["new"] > 0


def wait_for(what):
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def closed(board):
    return [value for _, name, value in board.signals() if name == "contactor.closed"]


def is_quiet(board):
    with SerialBox(board.port) as box:
        return box.ask("import main\nprint(main.box.is_quiet())")


def starts_charges_and_is_provisioned(image, files, folder):
    """The box starts from the cut flash, charges within its old or new limit, and takes it all."""
    with VirtualBoard(folder, CHARGE, image=image, sectors=SECTORS) as board:
        wait_for(lambda: closed(board) == ["1"])
        offers = {value for _, name, value in board.signals() if name == "offer.a"}
        assert offers <= {"10.0", "16.0", "0.0"}, offers
        board.set("ev.cp_ohm", "open")
        wait_for(lambda: is_quiet(board))
        label = provisioned(board, files)
        with SerialBox(board.port) as box:
            config = json.loads(box.ask("print(repr(open('config.json').read()))"))
            key = box.ask("print(repr(open('update.key', 'rb').read()))")
    assert config.items() >= ANSWERS.items() and key == files["update_key"].read_bytes()
    return config, label


def keep_labels(images, folder, monkeypatch):
    """Let the laptop go on with what it knows from the provisioning that was cut."""
    place = shutil.copytree(images[0].parent.parent / "provision", folder / "provision")
    monkeypatch.setattr(provision, "PLACE", place)


@pytest.mark.long
@pytest.mark.parametrize("share", [k / 8 for k in range(1, 8)])
def test_a_box_that_was_cut_starts_charges_and_is_provisioned(
    share, images, files, tmp_path, monkeypatch
):
    keep_labels(images, tmp_path, monkeypatch)
    starts_charges_and_is_provisioned(images[int(share * len(images))], files, tmp_path)


def test_a_box_cut_behind_its_last_operation_has_the_key_of_its_label(
    images, files, tmp_path, monkeypatch
):
    keep_labels(images, tmp_path, monkeypatch)
    config, label = starts_charges_and_is_provisioned(images[-1], files, tmp_path)
    assert "Key " + config["setup_key"] in label.read_text()


def test_a_line_cut_at_any_step_costs_a_second_try(files, tmp_path, monkeypatch):
    monkeypatch.setattr(provision, "PLACE", tmp_path / "provision")
    steps = ["box ", "ca.der 256 of", "ca.der 770 of", "update.key 384 of"]

    def pulled(line):
        if steps and line.startswith(steps[0]):
            steps.pop(0)
            raise KeyboardInterrupt

    with VirtualBoard(tmp_path, config=BEFORE) as board:
        while steps:
            with pytest.raises(KeyboardInterrupt):
                provisioned(board, files, pulled)
            with SerialBox(board.port) as box:
                config = json.loads(box.ask("print(repr(open('config.json').read()))"))
            assert config == BEFORE
        label = provisioned(board, files)
        with SerialBox(board.port) as box:
            config = json.loads(box.ask("print(repr(open('config.json').read()))"))
            names = box.ask("import os\nprint(os.listdir('/'))")
    assert config.items() >= ANSWERS.items()
    assert "Key " + config["setup_key"] in label.read_text()
    assert not [name for name in names if name.endswith(".new")]
