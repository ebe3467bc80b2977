"""A box that runs. composition.py puts its parts together, services.py gives them their turns."""

# pyright: reportAttributeAccessIssue=false
# composition.py sets the attributes: a method of that size would stay in memory for good

from time import sleep_ms, ticks_ms

from machine import reset
from services import OTHERS, TENDED, turns
from unloading import unload

LEFT_OUT = "left out after crashes or failed starts"


class Box:
    """Everything of one box, wired. board: the board module. config: storage.config.Config.

    key: storage.meter_key.MeterKey; None: meter values are not signed. recovery:
    recovery.Recovery of this start. reserved: reservation.Reservation, None: nothing is.
    """

    def __init__(self, board, config, key, recovery, reserved=None):
        from composition import furnish

        self.config = config
        self.recovery = recovery
        self.reserved = reserved
        self.control = furnish(self, board, config, key)
        unload("composition")

    def calibrate(self):
        """Learn the unit's own rails; call once, before the first tick."""
        from calibrate import against_rails

        learned = against_rails(self.wiring.pilot, sleep_ms)
        self.wiring.watchdog.shorten()
        self.wiring.clock.elapsed_ms()  # the first tick starts here, not at power-on
        unload("calibrate")
        return learned

    def scale_meter(self, path):
        """Let the meter count as the unit's calibration says; report if it cannot."""
        from metering.scaling import restore

        complaint = restore(self.wiring.meter, path)
        unload("metering.scaling")
        if complaint:
            self.reporter.tell({"event": "meter_uncalibrated", "text": complaint})

    def serve(self):
        """Give every service one turn."""
        self.tend()
        turns(self, OTHERS, ticks_ms())

    def tend(self):
        """Give every service but the link its turn; the link does so too while it waits."""
        turns(self, TENDED, ticks_ms())

    def is_quiet(self) -> bool:
        """Return whether a flash write disturbs nothing now."""
        return self.checkpoints.may_erase()

    def cloud_why(self) -> str:
        """Return why there is no broker, "" if there is one."""
        if self.link is None:
            return "no broker configured" if self.recovery.allows_cloud() else LEFT_OUT
        return "" if self.link.is_up() else self.link.last_error or "not connected yet"

    def tell(self, event: dict):
        self.reporter.tell(event)

    def secured(self, raw, host: str):
        """Return a TLS socket over raw to a server that the owner's CA vouches for.

        Raises OSError or ValueError with a sentence; the first bytes written make the handshake.
        """
        if not self.recovery.allows_cloud():
            raise OSError(LEFT_OUT)
        from cloud.secure import certified

        self.prepare_tls()
        return certified(raw, self.config, host)

    def restart(self):
        """Reset the chip. The contactor opens if it is not open yet."""
        self.recovery.rest()
        reset()

    def go_online(self):
        """Begin to speak with the broker; once."""
        from cloud.link import Link
        from cloud.speakers import speakers

        config = self.config
        if config["wifi_ssid"] and self.station is None:
            from cloud.station import station

            self.station = station(config, self.snapshot, self.restart)
        self.route.confirm = self.clock.confirm
        link = Link(config, self.answers, self.reporter, self.route)
        link.speakers = speakers(self)
        self.link = link

    def rssi(self):
        """Return the strength of the radio's signal in dBm, or None."""
        return self.station.rssi() if self.station else None

    def may_connect(self) -> bool:
        """Return whether now is the moment for a connection.

        Certificates are judged by the time: the first answer is awaited for its two seconds.
        """
        if self.station and not self.station.is_up():
            return False
        return not (self.network_time.is_new and self.route.is_heavy())

    def prepare_tls(self):
        """Give a handshake the memory that was kept for it, and the best time there is.

        Certificates are judged by that time: never one before the floor.
        """
        if self.reserved:
            self.reserved.release_tls()
        self.calendar.set(self.clock.best_s())
