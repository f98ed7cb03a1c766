"""How numbers, times, ages and values look: pure, by language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from cloud.api.views import PointView
from cloud.web.words import Language, said, word, word_or
from device_profiles.schema import DeviceProfile, PointType
from device_profiles.units import shown

HANOI: Final = timezone(timedelta(hours=7))  # Asia/Ho_Chi_Minh has had no other offset since 1975
_AGES: Final = ((60_000, 1_000, "seconds"), (3_600_000, 60_000, "minutes"), (172_800_000, 3_600_000, "hours"))
# UCUM code -> digits behind the comma that such instruments mean; other units follow the size of the number.
DIGITS: Final[Mapping[str, int]] = {
    "%": 0, "A": 2, "Cel": 1, "Hz": 2, "V": 1, "W": 0, "dB[SPL](A)": 1, "dBm": 0, "kW.h": 1, "m": 2, "min": 0,
    "mm": 1, "ug/m3": 1, "{fps}": 1,
}  # fmt: skip
_DAY_MS: Final = 86_400_000


def number(value: float, language: Language, *, digits: int | None = None) -> str:
    """A number with grouped thousands; Vietnamese writes 1.234,5 and English 1,234.5.

    Digits behind the comma follow the size unless told: a river needs centimetres, a ledger does not.
    """
    if digits is None:
        digits = 0 if isinstance(value, int) else 2 if abs(value) < 100 else 1
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def moment(at: int | None) -> str:
    """A time as people of the centre write it: 10/09/2024 07:05:09."""
    if at is None:
        return "–"
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(HANOI).strftime("%d/%m/%Y %H:%M:%S")


def iso(at: int | None) -> str:
    """The same for machines."""
    return "" if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


def age(span_ms: int, language: Language) -> str:
    """How long ago, in the largest unit that still says something."""
    span = max(0, span_ms)
    for below, unit, name in _AGES:
        if span < below:
            return word(language, f"browser.{name}", n=span // unit)
    return word(language, "browser.days", n=span // _DAY_MS)


def digits_needed(value: float) -> int:
    """The digits behind the comma that this number has, at most six: a mark is written as it was set."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def size(count: int, language: Language) -> str:
    """Bytes as people read them."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= step:
            return f"{number(count / step, language, digits=1)} {unit}"
    return f"{count} B"


def value(point: PointView, language: Language, choices: Mapping[str, str]) -> str:
    """A value of a point as text, without its unit."""
    cell, kind = point.value, point.type
    if cell is None:
        return "–"
    if kind is PointType.BOOL:
        return word(language, "browser.yes" if cell else "browser.no")
    if kind is PointType.ENUM:
        return choices.get(str(cell), str(cell))
    if isinstance(cell, str):
        return cell
    return number(cell, language, digits=0 if kind is PointType.INT else DIGITS.get(point.unit))


def unit(code: str, language: Language) -> str:
    """What stands beside the number."""
    return word_or(language, f"unit.{code}", shown(code))


def choices_of(profile: DeviceProfile | None, point: str, language: Language) -> dict[str, str]:
    """What the numbers of an enum mean."""
    known = profile.point(point) if profile else None
    return {code: said(text, language) for code, text in known.choices.items()} if known else {}


def quality(code: str, language: Language) -> str:
    """A quality code in words; empty when good."""
    kind, _, reason = code.partition(":")
    if kind == "good":
        return ""
    return f"{word_or(language, f'browser.{kind}', kind)}: {word_or(language, f'reason.{reason}', reason)}"


def fault(code: str, language: Language) -> str:
    """Why a device does not answer, in words."""
    return word_or(language, f"reason.{code}", code)
