# The application as it is written, for every board's manifest.py. stamp: where `make stamp` leaves
# the module that says which application this is.
import os

include(options.port)
freeze("../firmware", opt=3)
if options.stamp and os.path.isdir(options.stamp):
    freeze(options.stamp, opt=3)
