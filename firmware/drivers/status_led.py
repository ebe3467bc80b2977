"""The three-colour light on the lid. Cost: three pin writes on change, 30 us (estimated)."""

# what core.Core calls it: idle, connected, charging, faulty
COLOURS = ((0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 0))


class StatusLed:
    """red, green, blue: outputs, 1 lights."""

    def __init__(self, red, green, blue):
        self._pins = (red, green, blue)
        self._shown = -1
        self.show(0)

    def show(self, light: int):
        """light: row of COLOURS."""
        if light == self._shown:
            return
        self._shown = light
        colour = COLOURS[light]
        for k in range(3):
            self._pins[k](colour[k])
