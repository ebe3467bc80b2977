"""MicroPython's network module for the virtual box: one access point and its moods.

access_point.mode: "up"; "down": out of reach; "stuck": associates only after the radio was off;
"forgetful": says it is connected, but carries nothing until the box associates anew; "broken":
connect raises, as the port's "Wifi Internal Error". An association takes ASSOCIATE_US.
"""

import world

STA_IF, AP_IF = 0, 1
ASSOCIATE_US = 3_000_000


class AccessPoint:
    def __init__(self):
        self.mode = "up"
        self.on_carry = None  # called with whether packets pass, at every change
        self.carries = False
        self.asked = 0  # associations
        self.radio_offs = 0

    def carry(self, carries):
        if carries != self.carries:
            self.carries = carries
            if self.on_carry:
                self.on_carry(carries)

    def set_mode(self, mode):
        self.mode = mode
        if mode != "up":
            self.carry(False)


access_point = AccessPoint()


class WLAN:
    def __init__(self, interface):
        self._active = False
        self._facts = {}
        self._associated = False
        self._serial = 0
        self._was_off = False
        access_point.carry(False)

    def active(self, on=None):
        if on is None:
            return self._active
        if self._active and not on:
            access_point.radio_offs += 1
            self._was_off = True
            self._leave()
        self._active = bool(on)

    def config(self, name=None, **facts):
        """What the box sets of an access point of its own, and reads back."""
        self._facts.update(facts)
        return self._facts.get(name)

    def connect(self, ssid, key):
        if not self._active:
            raise OSError("Wifi Not Started")
        access_point.asked += 1
        if access_point.mode == "broken" and not self._was_off:
            raise OSError("Wifi Internal Error")
        self._serial += 1
        serial = self._serial
        world.current.at(world.current.now_us + ASSOCIATE_US, lambda: self._answer(serial))

    def disconnect(self):
        self._leave()

    def isconnected(self):
        if access_point.mode in ("down", "stuck", "broken") and not access_point.carries:
            self._associated = False
        return self._associated

    def status(self, what):
        return -60

    def _answer(self, serial):
        """An association has had its time."""
        mode = access_point.mode
        if serial != self._serial or mode == "down":
            return
        if mode in ("stuck", "broken") and not self._was_off:
            return
        access_point.mode = "up"
        self._was_off = False
        self._associated = True
        access_point.carry(True)

    def _leave(self):
        self._serial += 1
        self._associated = False
        access_point.carry(False)
