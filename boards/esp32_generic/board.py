"""ESP32-DevKitC wired as esp32-evse's DevKitC board: single phase, fixed cable. See README.md.

Pins and levels: dzurikmiroslav/esp32-evse board-config/esp32devkitc.yaml; 2560 mV at +12 V and
102.5 mV per volt from its calibration page. The low half of its pilot input ends in the ADC's dead
zone, so the unit must be calibrated before the diode check can be trusted.
"""

NAME = "esp32_generic"
CHIP = "esp32"
FLASH_MB = 4
PSRAM_MB = 0
RATING_A = 32
PHASES = 1
CABLE_A = 32

CONTROL_PILOT = {"pwm": 27, "adc": 36, "zero_uv": 1_330_000, "gain_permille": 9_756}
CONTACTOR = {"request": 26}
MAINS_METER = {
    "currents": [35],
    "voltages": [34],
    "bias_uv": 1_650_000,
    "ua_per_mv": 90_900,
    "ratio": 470,
}
STATUS_LED = {"red": 19, "green": 18, "blue": 17}
BUTTON = {"pin": 0}
