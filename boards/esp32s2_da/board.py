"""ESP32-S2-DA: esp32-evse's three-phase socket box with lock and monitor. See README.md.

Pins and levels: dzurikmiroslav/esp32-evse board-config/esp32s2da.yaml. Its pilot levels are those
of the DevKitC, so is the scaling: 102.5 mV per volt, 1330 mV at 0 V. Its proximity levels 1650,
820 and 430 mV lie between what 1500, 680, 220 and 100 ohm give under 1 kohm to 3.3 V.
"""

NAME = "esp32s2_da"
CHIP = "esp32s2"
FLASH_MB = 4
PSRAM_MB = 0
RATING_A = 32
PHASES = 3

CONTROL_PILOT = {"pwm": 33, "adc": 4, "zero_uv": 1_330_000, "gain_permille": 9_756}
CONTACTOR = {"request": 21}
PROXIMITY = {"adc": 3, "pull_up_ohm": 1_000, "supply_mv": 3_300}
RESIDUAL_CURRENT = {"dc": 41, "test": 26, "answer_ms": 1_000, "clear_ms": 1_500}
MAINS_METER = {
    "currents": [5, 6, 7],
    "voltages": [8, 9, 10],
    "bias_uv": 1_650_000,
    "ua_per_mv": 90_900,
    "ratio": 470,
}
LOCK_MOTOR = {"shut": 20, "open": 19, "pulse_ms": 300, "switch": 34}
STATUS_LED = {"red": 37, "green": 36, "blue": 35}
BUTTON = {"pin": 0}
