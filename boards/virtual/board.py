"""The simulated box: a three-phase 22 kW socket box on an ESP32-S3. See README.md."""

NAME = "virtual"
CHIP = "esp32s3"
FLASH_MB = 8
PSRAM_MB = 8
RATING_A = 32
PHASES = 3

# -13..+13 V into 156..2444 mV of the ADC's straight part
CONTROL_PILOT = {"pwm": 15, "adc": 1, "zero_uv": 1_300_000, "gain_permille": 11_364}
CONTACTOR = {"request": 16, "feedback": 17}
PROXIMITY = {"adc": 2, "pull_up_ohm": 1_000, "supply_mv": 3_300}
RESIDUAL_CURRENT = {"dc": 18, "ac": 21, "test": 38, "answer_ms": 1_000, "clear_ms": 1_500}
MAINS_METER = {
    "currents": [3, 4, 5],
    "voltages": [6, 7, 8],
    "bias_uv": 1_300_000,
    "ua_per_mv": 50_000,
    "ratio": 330,
}
THERMOMETER = {"adc": 9, "zero_uv": 500_000, "uv_per_dc": 1_000}
CONNECTOR_LOCK = {"lock": 39, "switch": 40}
SHUNT_TRIP = {"trip": 10}
EARTH_MONITOR = {"ok": 41}
STATUS_LED = {"red": 42, "green": 47, "blue": 48}
BUTTON = {"pin": 0}
