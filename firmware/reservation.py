"""The chip's memory that has to be taken before the application loads, in the order it is taken.

Python's heap, thread stacks, Wi-Fi and TLS share one pool: 194 KB on a plain ESP32 (MicroPython
1.25, measured on an emulated chip, as are the figures below). Each time Python's heap grows it
takes the largest free block, and it never gives one back. So what is not Python's comes first, and
then what Python needs in one piece while its heap is still whole:

    two thread stacks   16 KB, 8 each. After loading the largest block was 9.7 KB, so the two of
                        12 KB that there used to be could not be had; 8 KB held both threads
    Wi-Fi               36 KB, 34 of them for WLAN() and 2 for active(); connecting takes 6 more
    one TLS session     28 KB, held by a thread that does nothing and ends before the handshake
    the black box       4 KB in pieces of up to 1.4: once modules lie about, pieces of kilobytes
                        are what is not to be had first
"""

from time import sleep_ms

STACK_BYTES = 8 * 1024
TLS_BYTES = 30 * 1024  # a session's 28 KB, and the parts that it does not take in one piece
ASK_MS = 10
FREED_MS = 50  # the thread looks every 10 ms; then the idle task gives its stack back

_works = []  # of the two threads, which outlive a start that failed


class Reservation:
    """settings: what config.json holds, as it stands there. with_cloud: whether there may be one.

    entries: the black box's memory. complaints: what could not be had, and the box runs without.
    Raises OSError if there is no room for the stacks.
    """

    def __init__(self, settings: dict, with_cloud: bool):
        import _thread

        self.complaints = []
        self._tls = []
        _thread.stack_size(STACK_BYTES)
        while len(_works) < 2:
            work = []
            _thread.start_new_thread(wait_for, (work,))
            _works.append(work)
        has_wifi = settings.get("wifi_ssid") and with_cloud
        if has_wifi or settings.get("setup_key"):
            self._try("wifi", radio, has_wifi)
        if has_wifi and settings.get("broker_host") and settings.get("broker_tls", 1):
            self._try("tls", self._hold_tls, _thread)
        from blackbox import entries  # the first of the modules

        self.entries = entries()

    def begin(self, *loops):
        """Let the two threads run: loops are two pairs of a function and its argument."""
        for work, loop in zip(_works, loops):
            work.extend(loop)
        _works.clear()

    def release_tls(self):
        """Free the room for a TLS session; call just before the first handshake."""
        if self._tls:
            self._tls.pop()
            sleep_ms(FREED_MS)

    def _hold_tls(self, threads):
        threads.stack_size(TLS_BYTES)
        held = self._tls
        held.append(1)
        try:
            threads.start_new_thread(hold, (held,))
        except Exception as wrong:
            held.clear()
            raise wrong
        finally:
            threads.stack_size(STACK_BYTES)

    def _try(self, name, take, *arguments):
        try:
            take(*arguments)
        except (OSError, MemoryError) as wrong:
            self.complaints.append("no memory kept for %s: %s" % (name, wrong))


def radio(active):
    """Let the Wi-Fi driver take its memory."""
    import network

    wlan = network.WLAN(network.STA_IF)
    if active:
        wlan.active(True)


def wait_for(work):
    """A thread that has its stack and waits for a loop and its argument."""
    while not work:
        sleep_ms(ASK_MS)
    loop, argument = work
    loop(argument)


def hold(held):
    """A thread that is there for its stack only."""
    while held:
        sleep_ms(ASK_MS)
