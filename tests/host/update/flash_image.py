"""The flash of a box as it leaves the works, for the MicroPython scripts beside."""

import os
from binascii import a2b_base64

from plant.flash import Flash


def factory(job, root, kind=Flash):
    """Return a flash with job["files"], {path: base64}, mounted at root."""
    flash = kind(job["sectors"])
    os.VfsLfs2.mkfs(flash)
    os.mount(os.VfsLfs2(flash), root)
    for name, content in job["files"].items():
        path = root
        for folder in name.split("/")[:-1]:
            path += "/" + folder
            try:
                os.mkdir(path)
            except OSError:
                continue  # is there
        with open(root + "/" + name, "wb") as file:
            file.write(a2b_base64(content))
    return flash
