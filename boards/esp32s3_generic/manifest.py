# Frozen into this board's MicroPython, see docs/build.md. port: what that itself wants frozen.
options.defaults(port="$(PORT_DIR)/boards/manifest.py", stamp="../build/frozen")
include("../frozen.py", port=options.port, stamp=options.stamp)
freeze(".", "board.py", opt=3)
