"""The UCUM units that our points may carry, and how screens write them."""

from __future__ import annotations

# UCUM code -> what a screen writes beside the number. Source: The Unified Code for Units of Measure, version 2.1.
UNITS: dict[str, str] = {
    "1": "",
    "%": "%",
    "/h": "/h",
    "10*6.m3": "10⁶ m³",
    "A": "A",
    "Cel": "°C",
    "Hz": "Hz",
    "K": "K",
    "L/s": "l/s",
    "V": "V",
    "VA": "VA",
    "W": "W",
    "kW": "kW",
    "bar": "bar",
    "bar/min": "bar/min",
    "cm": "cm",
    "d": "d",
    "dB": "dB",
    "dB[SPL]": "dB",
    "dB[SPL](A)": "dBA",
    "deg": "°",
    "deg/h": "°/h",
    "h": "h",
    "hPa": "hPa",
    "kPa": "kPa",
    "kW.h": "kWh",
    "km/h": "km/h",
    "kbit/s": "kbit/s",
    "lx": "lx",
    "m": "m",
    "m/h": "m/h",
    "m/s": "m/s",
    "m3": "m³",
    "m3/h": "m³/h",
    "m3/s": "m³/s",
    "mg/L": "mg/l",
    "min": "min",
    "mm": "mm",
    "mm/d": "mm/d",
    "mm/h": "mm/h",
    "mm/s": "mm/s",
    "ms": "ms",
    "s": "s",
    "uS/cm": "µS/cm",
    "ug/m3": "µg/m³",
    "var": "var",
    "{count}": "",
    "{NTU}": "NTU",
    "{VND}": "đ",
    "{fps}": "fps",
    "[ppm]": "ppm",
    "dBm": "dBm",
}


def is_unit(code: str) -> bool:
    """True when the code is one that Thacba knows."""
    return code in UNITS


def shown(code: str) -> str:
    """How a screen writes the unit; the code itself when it has no shorter form."""
    return UNITS.get(code, code)
