"""A box whose application is frozen, for tests on CPython and on MicroPython.

Its flash has one image a version; what "runs" of an image is the version in its stamp.
"""

import sys

from plant.app_flash import APP, DATA, AppFlash
from plant.flash import SECTOR

APP_SECTORS = 8
OTADATA, VFS, OTA_0, OTA_1 = "otadata", "vfs", "ota_0", "ota_1"
STAMP = b"wallbox:"


class Reset(BaseException):
    """The chip starts anew."""


def reset():
    raise Reset


def table(vfs_sectors):
    """Two app partitions, as on 8 MB and more, only smaller."""
    return (
        (OTADATA, DATA, 0x00, 0, 2),
        (OTA_0, APP, 0x10, 2, APP_SECTORS),
        (OTA_1, APP, 0x11, 2 + APP_SECTORS, APP_SECTORS),
        (VFS, DATA, 0x81, 2 + 2 * APP_SECTORS, vfs_sectors),
    )


def flashed(flash, vfs_sectors, images, rollback):
    """Return the AppFlash of a box with blank otadata. images: of ota_0, which runs, and ota_1."""
    made = AppFlash(flash, table(vfs_sectors), rollback)
    for label, image in zip((OTA_0, OTA_1), images):
        first = made.row(label)[3] * SECTOR
        flash._cells[first : first + len(image)] = image
    return made


def version_in(app_flash, label):
    """Return the version in the stamp of the image in a partition."""
    first, sectors = app_flash.row(label)[3:]
    cells = bytes(memoryview(app_flash.flash._cells)[first * SECTOR : (first + sectors) * SECTOR])
    at = cells.find(STAMP)
    return cells[at : at + 60].split(b":")[2].decode()


def started(app_flash, root, crashed=""):
    """Let the box start until an application stays. Return (its AppPartitions, resets on the way).

    crashed: how the last run ended. A reset that the box orders itself is no crash.
    """
    import esp32

    esp32.app_flash = app_flash
    sys.modules.setdefault("_stamp", sys)
    import app_partitions

    app_partitions.reset = reset
    for resets in range(5):
        if not app_flash.boot():
            raise AssertionError("no whole application")
        chosen = app_partitions.AppPartitions(root)
        try:
            chosen.choose(crashed)
        except Reset:
            crashed = ""
            continue
        return chosen, resets
    raise AssertionError("it resets for ever")
