"""What the box says besides its own topics."""

from cloud.plain import Plain


def speakers(box) -> list:
    """Return the link's speakers. box: wallbox.Box. Home Assistant reads the plain topics."""
    config = box.config
    found = []
    announces = config["home_assistant"] and box.recovery.allows_home_assistant()
    if config["plain_topics"] or config["home_assistant"]:
        found.append(Plain(config, box.snapshot, box.requests, box.rssi))
    if announces:
        from cloud.home_assistant import HomeAssistant

        has_lock = box.control.core.settings.has_lock
        found.append(HomeAssistant(config, box.board_name, has_lock))
    return found
