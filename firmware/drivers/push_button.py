"""A push button: the owner's way to say something without a network."""


class PushButton:
    """pin: an input. pressed_level: what it reads while the button is pressed."""

    def __init__(self, pin, pressed_level=0):
        self._pin = pin
        self._pressed_level = pressed_level

    def is_pressed(self) -> bool:
        return self._pin() == self._pressed_level
