"""What crosses the border of the pure core: plain integers, allocated once.

Every field fits 31 bits, so that nothing here ever becomes a heap object on a 32-bit board.
"""

PHASES = 3
LOCAL_LIMITS = 8
LIMIT_SLOTS = 7 + LOCAL_LIMITS
NO_LIMIT = -1


class Inputs:
    """One tick's view of the world. Written by control.py, read by the core.

    Units are in the names; `_da` is tenths of an ampere, `_dc` tenths of a degree Celsius.
    Booleans are 0 or 1. `limit_da` has one entry per slot of offer.SLOTS, NO_LIMIT where unset.
    """

    def __init__(self):
        self.pilot_high_mv = 12000
        self.pilot_low_mv = 12000
        self.pilot_duty_bp = 10000  # share of the burst above the middle, 1/100 %
        self.pilot_spread_uv = 1000  # highest less lowest raw read of the burst
        self.proximity_ohm = 0
        self.contactor_closed = 0
        self.residual_dc = 0
        self.residual_ac = 0
        self.earth_ok = 1
        self.lock_shut = 0
        self.temperature_dc = 250
        self.current_ma = [0] * PHASES
        self.voltage_mv = [0] * PHASES  # 0 until measured: no phase is taken for seen
        self.frequency_chz = 0  # mains, hundredths of a hertz; 0 where unknown
        self.meter_valid = 1  # 0 while the meter cannot be believed: its currents then read 0
        self.power_w = 0
        self.phase_mws = [0] * PHASES  # energy metered since the last tick
        self.peak_ma = 0  # largest instantaneous current of the last mains period
        self.enabled = 1
        self.limit_da = [NO_LIMIT] * LIMIT_SLOTS
        self.remote_da = NO_LIMIT
        self.remote_lifetime_ms = 0
        self.remote_serial = 0  # a new number announces a new remote limit
        self.reset_serial = 0  # a new number asks to clear latched faults
        self.unlock_serial = 0  # a new number asks to give the plug free for a while
        self.test_serial = 0  # a new number asks for a self-test of the residual current monitor


class Outputs:
    """What the core wants of the drivers.

    duty_bp: hundredths of a percent; 10000 is steady +12 V (x1), 0 is steady -12 V (F).
    """

    def __init__(self):
        self.close_contactor = 0
        self.duty_bp = 10000
        self.lock = 0
        self.trip_upstream = 0  # ask the shunt trip before the box to take the mains away
        self.residual_test = 0
        self.light = 0
