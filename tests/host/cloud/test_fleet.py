"""A small fleet whose broker is killed: every box comes back."""

import pytest

from box import fleet, mosquitto


@pytest.mark.long
@pytest.mark.skipif(mosquitto.binary() is None, reason="apt install mosquitto")
@pytest.mark.parametrize("secure", [False, True])
def test_every_box_comes_back(tmp_path, secure):
    told = fleet.run(5, tmp_path, secure, 5)
    print(told)
    assert told["reconnected"] == 5 and told["messages_per_s"] > 0
    assert told["last_s"] <= 30
