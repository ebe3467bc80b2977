"""The signal log: one line a change, t_ms,signal,value."""

FLUSH_LINES = 200


class Signals:
    """path: the CSV file, replaced. world: gives the time."""

    def __init__(self, world, path):
        self._world = world
        self._file = open(path, "w")
        self._last = {}
        self._lines = ["t_ms,signal,value\n"]

    def log(self, name, value):
        """Write value if it differs from the last one of that name."""
        text = str(value)
        if self._last.get(name) != text:
            self._last[name] = text
            self.event(name, text)

    def event(self, name, text):
        """Write a line whether or not the last was the same."""
        if "," in text or '"' in text:
            text = '"%s"' % text.replace('"', '""')  # RFC 4180
        self._lines.append("%d,%s,%s\n" % (self._world.now_us // 1_000, name, text))
        if len(self._lines) >= FLUSH_LINES:
            self.flush()

    def close(self):
        self.flush()
        self._file.close()

    def flush(self):
        if self._lines:
            self._file.write("".join(self._lines))
            self._lines = []
