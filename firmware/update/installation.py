"""From the checked bundle into the slot that does not run, a chunk a step.

The mark goes first and comes back last: whenever this is cut, the slot is none, and the one that
runs was never touched.
"""

import os

from slots import MANIFEST, MARK, digest_of, is_whole, replace

from update.bundle import chunks

FOLDER = 0x4000


def install(part: str, bundle, path: str):
    """Fill the slot at path, a step a next(). part: path of the bundle's file.

    Raises OSError, and ValueError if the flash does not hold what was written.
    """
    for step in clear(path):
        yield step
    os.mkdir(path)
    with open(part, "rb") as source:
        for _, size, name in bundle.files(source):
            make_folders(path, name)
            with open(path + "/" + name, "wb") as target:
                for chunk in chunks(source, size, name):
                    target.write(chunk)
                    yield
        with open(path + "/" + MANIFEST, "wb") as target:
            for piece in bundle.manifest(source):
                target.write(piece)
                yield
    replace(path + "/" + MARK, digest_of(path + "/" + MANIFEST))
    if not is_whole(path):
        os.remove(path + "/" + MARK)
        raise ValueError("update: the flash does not hold what was written")


def clear(path: str):
    """Remove a folder and all in it, the mark first."""
    try:
        entries = list(os.ilistdir(path))
    except OSError:
        return  # there is none
    entries.sort(key=lambda entry: entry[0] != MARK)
    for entry in entries:
        inner = path + "/" + entry[0]
        if entry[1] == FOLDER:
            for step in clear(inner):
                yield step
        else:
            os.remove(inner)
            yield
    os.rmdir(path)


def make_folders(path: str, name: str):
    for folder in name.split("/")[:-1]:
        path += "/" + folder
        try:
            os.stat(path)
        except OSError:
            os.mkdir(path)
