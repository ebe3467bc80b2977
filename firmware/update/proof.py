"""Is what has come a bundle of the fleet's, for this box, as announced, and is there room?"""

from update.acceptance import Here, check
from update.bundle import Bundle
from update.fleet_key import load


def proven(download, root: str, spare, board, version: str):
    """Return the Bundle whose head has come. Raises ValueError, OSError.

    download: update.download.Download. root: folder of the fleet's key. spare: where it is to go.
    board: (name, chip). version: of what runs.
    """
    here = Here(board[0], board[1], version)
    with open(download.part, "rb") as file:
        bundle = Bundle(file, load(root))
        check(bundle.facts, here)
        if (bundle.facts["version"], bundle.size) != (download.version, download.size):
            raise ValueError("bundle: not the one that was announced")
        spare.check(bundle, file, here, download.have)
    return bundle
