# The application as it is written, for every board's manifest.py.
import os

STAMP = "../build/frozen"  # made beforehand: which application this is

include(options.port)
freeze("../firmware", opt=3)
if os.path.isdir(STAMP):
    freeze(STAMP, opt=3)
