"""SmartEVSE v3.0/3.1: socket box, current measured by an RS-485 meter. See README.md.

Pins: dingo35/SmartEVSE-3.5 esp32.h. Pilot levels from its main.cpp: 3055 mV at 11 V and about
200 mV at -12 V, that is 124 mV per volt and 1690 mV at 0 V. Everything above 2450 mV lies in the
bend of the ADC, so read_uv and a calibration of the unit are needed. The proximity divider is not
documented: 860 ohm to 2.94 V puts 680, 220 and 100 ohm in the middle of its three windows.
"""

NAME = "smartevse_v3"
CHIP = "esp32"
RATING_A = 32
PHASES = 3

CONTROL_PILOT = {
    "pwm": 19,
    "adc": 39,
    "zero_uv": 1_690_000,
    "gain_permille": 8_064,
    "disconnect": 15,
}
CONTACTOR = {"request": 32}
PROXIMITY = {"adc": 34, "pull_up_ohm": 860, "supply_mv": 2_940}
RESIDUAL_CURRENT = {"dc": 13, "answer_ms": 1_000, "clear_ms": 1_500}
THERMOMETER = {"adc": 36, "zero_uv": 500_000, "uv_per_dc": 1_000}
STATUS_LED = {"red": 2, "green": 4, "blue": 12}
