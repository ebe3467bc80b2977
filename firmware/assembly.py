"""Parts of a box that are built when they are wanted: its drivers, its setup network."""

from unloading import unload


def setup_network(box):
    """Return the AccessPoint of a box with a key for it, else None. box: wallbox.Box."""
    if not box.config["setup_key"]:
        return None
    from setup.access_point import AccessPoint, interface

    return AccessPoint(
        interface,
        box.config,
        box.restart,
        button=box.wiring.button,
        may_open=box.standstill.allows,
        is_joined=lambda: box.station is not None and box.station.is_up(),
    )


def drivers_of(board):
    """Return the board's wiring.Wiring; what checked and built it is not needed again."""
    from wiring import wired

    drivers = wired(board)
    for name in ("wiring", "bus_meters", "board_schema"):
        unload(name)
    return drivers
