"""What the firmware expects of `machine` and `time`: run on the fake, and fit for a board.

micropython machine_contract.py. Raises at the first expectation that does not hold.
"""

import time

import machine


def raises(error, call):
    try:
        call()
    except error:
        return
    raise AssertionError("%s expected" % error)


def pins():
    pin = machine.Pin(16, machine.Pin.OUT, value=0)
    assert pin() == 0
    pin(1)
    assert pin.value() == 1 and pin() == 1
    pin.off()
    assert pin() == 0
    pin.on()
    assert pin() == 1
    raises(ValueError, lambda: pin.irq(lambda p: None, machine.Pin.IRQ_RISING, hard=True))


def pwm():
    out = machine.PWM(machine.Pin(15), freq=1_000, duty_u16=65_535)
    assert out.freq() == 1_000
    out.duty_u16(0)
    raises(ValueError, lambda: out.duty_u16(65_536))
    raises(ValueError, lambda: out.duty_u16(-1))


def adc():
    reader = machine.ADC(machine.Pin(1), atten=machine.ADC.ATTN_11DB)
    assert 0 <= reader.read_uv() <= 3_600_000
    assert 0 <= reader.read_u16() <= 65_535


def ticks():
    start = time.ticks_ms()
    time.sleep_ms(50)
    assert 50 <= time.ticks_diff(time.ticks_ms(), start) <= 60
    last = (1 << 30) - 1
    assert time.ticks_add(last, 1) == 0
    assert time.ticks_diff(time.ticks_add(last, 10), last) == 10
    assert time.ticks_diff(last, time.ticks_add(last, 10)) == -10


def timers():
    fired = []
    timer = machine.Timer(0)
    timer.init(mode=machine.Timer.PERIODIC, period=10, callback=fired.append)
    time.sleep_ms(35)
    timer.deinit()
    time.sleep_ms(35)
    assert len(fired) == 3
    raises(ValueError, lambda: timer.init(period=10, callback=fired.append, hard=True))


def buses():
    assert machine.I2C(0).scan() == []
    raises(OSError, lambda: machine.I2C(0).readfrom_mem_into(1, 2, bytearray(3)))
    assert machine.UART(1).any() == 0
    assert len(machine.unique_id()) >= 6
    assert isinstance(machine.reset_cause(), int)
    assert len(machine.RTC().datetime()) == 8


def boot_opens_first():
    """A soft reset leaves the pins as they were: boot.py must not."""
    import board

    contactor = machine.Pin(board.CONTACTOR["request"])
    contactor(1)
    machine.PWM(machine.Pin(board.CONTROL_PILOT["pwm"]), freq=1_000, duty_u16=17_476)
    assert contactor() == 1 and machine.plant.pilot.duty < 65_536
    import boot

    assert boot
    assert contactor() == 0
    assert machine.plant.pilot.duty == 65_536


def watchdog():
    """Last: on a board this resets; the fake counts it."""
    resets = []
    machine.plant.on_reset = lambda: resets.append(machine.plant.reset_cause)
    dog = machine.WDT(timeout=1_000)
    for _ in range(5):
        time.sleep_ms(900)
        dog.feed()
    assert not resets
    time.sleep_ms(1_100)
    assert resets == [machine.WDT_RESET]


def on_the_fake():
    import board
    import world

    from plant.plant import Plant

    world.current = world.World()
    machine.plant = Plant(world.current, board, 1, lambda name, value: None)


on_the_fake()
for expectation in (pins, pwm, adc, ticks, timers, buses, boot_opens_first, watchdog):
    expectation()
print("done")
