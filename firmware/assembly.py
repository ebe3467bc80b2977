"""Parts of a box that are built when they are wanted: its drivers, its setup network."""

from unloading import unload


def setup_network(config, restart):
    """Return the AccessPoint of a board with Wi-Fi whose box has a key for it, else None."""
    if not config["setup_key"]:
        return None
    import network
    from setup.access_point import AccessPoint

    return AccessPoint(network.WLAN(network.AP_IF), config, restart)


def drivers_of(board):
    """Return the board's wiring.Wiring; what checked and built it is not needed again."""
    from wiring import wired

    drivers = wired(board)
    for name in ("wiring", "board_schema"):
        unload(name)
    return drivers
