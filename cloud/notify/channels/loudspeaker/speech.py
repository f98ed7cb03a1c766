"""Turns a written Vietnamese text into one that a speech program reads right: numbers, units, times, abbreviations."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cloud.notify.channels.loudspeaker.numerals import spelled, spelled_text

# What a screen writes behind a number (device_profiles/units.py) -> how it is said.
UNITS: dict[str, str] = {
    "%": "phần trăm", "A": "am-pe", "°C": "độ C", "Hz": "héc", "K": "kê-vin", "l/s": "lít trên giây", "V": "vôn",
    "VA": "vôn am-pe", "W": "oát", "bar": "bar", "cm": "xen-ti-mét", "d": "ngày", "dB": "đề-xi-ben",
    "dBA": "đề-xi-ben A", "°": "độ", "h": "giờ", "hPa": "héc-tô-pát-can", "kPa": "ki-lô-pát-can",
    "kWh": "ki-lô-oát giờ", "km/h": "ki-lô-mét trên giờ", "kbit/s": "ki-lô-bít trên giây", "lx": "lúc", "m": "mét",
    "m/h": "mét trên giờ", "m/s": "mét trên giây", "m³": "mét khối", "m³/h": "mét khối trên giờ",
    "m³/s": "mét khối trên giây", "mg/l": "mi-li-gam trên lít", "min": "phút", "mm": "mi-li-mét",
    "mm/h": "mi-li-mét trên giờ", "ms": "mi-li giây", "s": "giây", "µg/m³": "mi-crô-gam trên mét khối", "var": "va",
    "fps": "khung hình trên giây", "ppm": "phần triệu", "dBm": "đề-xi-ben mi-li-oát", "km": "ki-lô-mét",
    "kg": "ki-lô-gam", "ha": "héc-ta", "kW": "ki-lô-oát",
    "/h": "mỗi giờ", "10⁶ m³": "triệu mét khối", "NTU": "N T U", "bar/min": "bar trên phút",
    "mm/d": "mi-li-mét trên ngày", "mm/s": "mi-li-mét trên giây", "°/h": "độ trên giờ",
    "µS/cm": "mi-crô-xi-men trên xen-ti-mét", "đ": "đồng",
}  # fmt: skip
ROMAN = {"I": "một", "II": "hai", "III": "ba", "IV": "bốn", "V": "năm"}
ABBREVIATIONS: dict[str, str] = {
    "UBND": "Ủy ban nhân dân", "BCH": "Ban Chỉ huy", "PTDS": "phòng thủ dân sự", "QL": "quốc lộ", "TP": "thành phố",
    "PM2.5": "bụi mịn P M hai phẩy năm", "PM10": "bụi P M mười", "CO2": "xê ô hai",
    "AQI": "chỉ số chất lượng không khí",
}  # fmt: skip

NUMBER = r"\d+(?:\.\d{3})*(?:[.,]\d+)?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_DATE = re.compile(r"(?:\bngày )?(?<![\d/])(\d{2})/(\d{2})(?:/(\d{4}))?(?![\d/])")
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::\d{2})?(?![\d:])")
_RANGE = re.compile(r"(?<=\d)\s?[-–]\s?(?=\d)")
_AMOUNT = re.compile(rf"(?<![\w.,])([-−]?{NUMBER})(?:\s?({_UNIT})(?![\w/³]))?(?!\w)")
_ROMAN = re.compile(r"\b(báo động|cấp|mức|loại)( cấp)? (III|II|IV|I|V)\b", re.IGNORECASE)
_PAUSES = re.compile(r"\s*[–—;()\[\]]+\s*")
_DOUBLED = re.compile(r"(\s*,)*\s*([,.!?:])(\s*[,.])*")


def spoken(text: str, abbreviations: Mapping[str, str] = ABBREVIATIONS) -> str:
    """The text as it should be said."""
    said = _without_abbreviations(text.replace("\u03bc", "\u00b5"), abbreviations)  # two micro signs
    said = _ROMAN.sub(lambda found: f"{found[1]}{found[2] or ''} {ROMAN[found[3].upper()]}", said)
    said = _DATE.sub(_date, said)
    said = _TIME.sub(_time, said)
    said = _RANGE.sub(" đến ", said)
    said = _AMOUNT.sub(lambda found: f"{spelled_text(found[1])} {UNITS.get(found[2] or '', '')}".strip(), said)
    said = _PAUSES.sub(", ", said.replace("≥", " từ ").replace("≤", " đến ").replace("&", " và "))
    said = _DOUBLED.sub(r"\2", said)
    return " ".join(said.split()).strip(" ,")


def _without_abbreviations(text: str, abbreviations: Mapping[str, str]) -> str:
    for short in sorted(abbreviations, key=len, reverse=True):
        end = r"(?!\w)" if short[-1].isdigit() else r"(?![^\W\d_])"  # QL32 is a road, CO25 is nothing
        text = re.sub(rf"(?<!\w){re.escape(short)}{end}", f"{abbreviations[short]} ", text)
    return text


def _date(found: re.Match[str]) -> str:
    day, month = int(found[1]), int(found[2])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return found[0]
    year = f" năm {spelled(int(found[3]))}" if found[3] else ""
    return f"ngày {spelled(day)} tháng {spelled(month)}{year}"


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found[1]), int(found[2])
    if hour > 24 or minute > 59:
        return found[0]
    return f"{spelled(hour)} giờ" + (f" {spelled(minute)} phút" if minute else "")
