"""Is what has come a bundle of the fleet's, for this box, as announced, and is there room?"""

from update.acceptance import Here, check
from update.bundle import Bundle
from update.fleet_key import load
from update.room import check_bundle


def proven(download, slots, board, version: str):
    """Return the Bundle whose head has come. Raises ValueError, OSError.

    download: update.download.Download. board: (name, chip). version: of what runs.
    """
    with open(download.part, "rb") as file:
        bundle = Bundle(file, load(slots.root))
        check(bundle.facts, Here(board[0], board[1], version))
        if (bundle.facts["version"], bundle.size) != (download.version, download.size):
            raise ValueError("bundle: not the one that was announced")
        check_bundle(bundle, file, slots, download.have)
    return bundle
