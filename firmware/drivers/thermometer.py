"""Linear analogue thermometer, such as the MCP9700: 500 mV at 0 C, 10 mV per kelvin.

Range -40..125 C, +-4 K (data sheet DS20001942). Cost: one ADC read, 35 us.
"""


class Thermometer:
    """temperature_dc: tenths of a degree Celsius. uv_per_dc: sensor slope."""

    def __init__(self, adc, zero_uv=500_000, uv_per_dc=1_000):
        self._adc = adc
        self._zero_uv = zero_uv
        self._uv_per_dc = uv_per_dc
        self.temperature_dc = 0

    def sample(self):
        self.temperature_dc = (self._adc.read_uv() - self._zero_uv) // self._uv_per_dc
