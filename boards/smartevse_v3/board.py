"""SmartEVSE v3.0/3.1: socket box, current measured by an RS-485 meter. See README.md.

Pins: dingo35/SmartEVSE-3.5 esp32.h. Its main.cpp draws the lines between the states at 3055, 2735,
2400, 2000 and 1600 mV and sees -12 V at about 200 mV: 133 mV per volt below 4.5 V, 110 above. The
proximity divider is not documented: 860 ohm to 2.94 V puts 680, 220 and 100 ohm in the middle of
its three windows.
"""

NAME = "smartevse_v3"
CHIP = "esp32"
FLASH_MB = 4
PSRAM_MB = 0
RATING_A = 32
PHASES = 3

CONTROL_PILOT = {
    "pwm": 19,
    "adc": 39,
    "zero_uv": 1_800_000,
    "gain_permille": 7_500,
    "points": (
        (200_000, -12_000),
        (1_600_000, -1_500),
        (2_000_000, 1_500),
        (2_400_000, 4_500),
        (2_735_000, 7_500),
        (3_055_000, 10_500),
    ),
    "disconnect": 15,
}
CONTACTOR = {"request": 32}
PROXIMITY = {"adc": 34, "pull_up_ohm": 860, "supply_mv": 2_940}
RESIDUAL_CURRENT = {"dc": 13, "answer_ms": 1_000, "clear_ms": 1_500, "pull": "up"}
LOCK_MOTOR = {"shut": 18, "open": 17, "pulse_ms": 300, "switch": 35}
METER_SDM630 = {"uart": 1, "tx": 21, "rx": 23, "enable": 22}
THERMOMETER = {"adc": 36, "zero_uv": 500_000, "uv_per_dc": 1_000}
STATUS_LED = {"red": 2, "green": 4, "blue": 12}
