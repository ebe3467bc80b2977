"""What the box says besides its own topics."""

from cloud.home_assistant import HomeAssistant
from cloud.plain import Plain


def speakers(box) -> list:
    """Return the link's speakers. box: wallbox.Box. Home Assistant reads the plain topics."""
    config = box.config
    found = []
    if config["plain_topics"] or config["home_assistant"]:
        found.append(Plain(config, box.snapshot, box.requests, box.rssi))
    if config["home_assistant"]:
        has_lock = box.control.core.settings.has_lock
        found.append(HomeAssistant(config, box.board_name, has_lock))
    return found
