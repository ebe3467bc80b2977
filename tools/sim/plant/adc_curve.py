"""The transfer of a measured ESP32 ADC: pin voltage in, what read_uv returns out.

Points: kisel/esp32_adc_test, 11 dB, single reads (mean raw count at a pin voltage). Dead below
140 mV, bent above 2450 mV, saturated at 3134 mV. read_uv applies the chip's line,
0.8056 mV a count + 142 mV (Espressif esp_adc_cal at Vref 1100).
"""

QUARTERS = 4  # table steps per millivolt
MARGIN_MV = 200  # noise may point beyond the ends
FULL_MV = 3_400
NOISE_MV = 0.9  # 1.1 counts, the median of single reads

POINTS = (
    (0, 0.0),
    (140, 2.0),
    (150, 20.8),
    (160, 26.0),
    (200, 70.4),
    (300, 201.2),
    (400, 313.3),
    (500, 436.0),
    (700, 684.2),
    (1_000, 1061.6),
    (1_300, 1424.9),
    (1_600, 1803.2),
    (1_900, 2174.3),
    (2_200, 2543.9),
    (2_450, 2859.5),
    (2_603, 3065.5),
    (2_750, 3302.8),
    (2_906, 3581.4),
    (3_001, 3785.1),
    (3_119, 4062.3),
    (3_134, 4095.0),
    (3_700, 4095.0),
)


def count_at(mv: float) -> float:
    """Return the mean raw count at a pin voltage, interpolated between the measured points."""
    for k in range(len(POINTS) - 1):
        x0, y0 = POINTS[k]
        x1, y1 = POINTS[k + 1]
        if x0 <= mv <= x1:
            return y0 + (y1 - y0) * (mv - x0) / (x1 - x0)
    return 0.0 if mv < 0 else 4095.0


def table(gain: float, offset_mv: float):
    """Return read_uv values for every quarter millivolt from -MARGIN_MV on.

    gain, offset_mv: this unit's error; 1.0 and 0 make the measured chip.
    """
    from array import array

    values = array("i")
    for quarter in range((FULL_MV + 2 * MARGIN_MV) * QUARTERS):
        mv = quarter / QUARTERS - MARGIN_MV
        count = int(count_at(max(mv * gain + offset_mv, 0)) + 0.5)
        values.append(count * 8_056 // 10 + 142_000 if count else 0)
    return values


def index(mv: float) -> int:
    """Return the table index of a pin voltage, held inside the table."""
    return int((min(max(mv, 0), FULL_MV) + MARGIN_MV) * QUARTERS)


def read_mv(points, pilot_mv: float) -> float:
    """Return what a nominal chip reads at pilot_mv through a bent input ((uV, mV), ...)."""
    k = 1
    while k < len(points) - 1 and pilot_mv > points[k][1]:
        k += 1
    (uv0, mv0), (uv1, mv1) = points[k - 1], points[k]
    return (uv0 + (uv1 - uv0) * (pilot_mv - mv0) / (mv1 - mv0)) / 1_000


def pin_mv(reading_mv: float) -> float:
    """Return the pin voltage at which a nominal chip reads reading_mv, found by halving."""
    low, high = 0.0, float(FULL_MV)
    for _ in range(16):
        half = (low + high) / 2
        if count_at(half) * 0.8056 + 142 < reading_mv:
            low = half
        else:
            high = half
    return high
