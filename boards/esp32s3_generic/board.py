"""An ESP32-S3 development board wired as esp32-evse's minimal S3 board. See README.md.

Pins and levels: dzurikmiroslav/esp32-evse cfg/esp32s3minimal/board.yaml. Its levels 2410, 2104,
1797, 1491 and 265 mV are 10.5, 7.5, 4.5, 1.5 and -10.5 V: 102.1 mV per volt, 1338 mV at 0 V.
"""

NAME = "esp32s3_generic"
CHIP = "esp32s3"
FLASH_MB = 8
PSRAM_MB = 2
RATING_A = 32
PHASES = 1
CABLE_A = 32

CONTROL_PILOT = {"pwm": 6, "adc": 4, "zero_uv": 1_338_000, "gain_permille": 9_794}
CONTACTOR = {"request": 5}
BUTTON = {"pin": 0}
