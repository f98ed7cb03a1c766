"""UCUM units in the words of Grafana; pure."""

from __future__ import annotations

from device_profiles.units import shown

# Grafana's ids of units (its documentation, "Standard options": unit); all others are written behind the number.
GRAFANA = {
    "1": "short", "%": "percent", "A": "amp", "Cel": "celsius", "Hz": "hertz", "L/s": "litreps", "V": "volt",
    "VA": "voltamp", "W": "watt", "bar": "pressurebar", "d": "d", "dBm": "dBm", "deg": "degree", "h": "h",
    "hPa": "pressurehpa", "kPa": "pressurekpa", "kW.h": "kwatth", "km/h": "velocitykmh", "kbit/s": "Kbits",
    "lx": "lux", "m": "lengthm", "m/s": "velocityms", "m3": "m3", "min": "m", "mm": "lengthmm", "ms": "ms",
    "s": "s", "ug/m3": "conμgm3", "var": "voltampreact", "{count}": "short", "[ppm]": "ppm",
}  # fmt: skip


def grafana_unit(code: str) -> str:
    """Grafana's id of the unit."""
    return GRAFANA.get(code, f"suffix: {shown(code)}")
