"""How numbers, times and values look on the page: pure, by language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from device_profiles.schema import Limits, Point, PointType
from device_profiles.units import shown
from device_profiles.wire.messages import Scalar
from edge_agent.page.words import Language, said, word, word_or

HANOI: Final = timezone(timedelta(hours=7))  # Asia/Ho_Chi_Minh has had no other offset since 1975
SET_AFTER_MS: Final = 1_704_067_200_000  # 2024: a clock before it was never set
_AGES: Final = ((60, 1, "seconds"), (3600, 60, "minutes"), (172_800, 3600, "hours"))


def number(value: float, language: Language, digits: int | None = None) -> str:
    """A number with grouped thousands; Vietnamese writes 1.234,5 and English 1,234.5."""
    if digits is None:
        digits = 0 if isinstance(value, int) else 2 if abs(value) < 100 else 1
    return _written(f"{value:,.{digits}f}", language)


def bound(value: float, language: Language) -> str:
    """A limit as the profile writes it: without digits that mean nothing."""
    return _written(f"{value:,.6f}".rstrip("0").rstrip("."), language)


def moment(at: int | None) -> str:
    """A time of Vietnam: 10/09/2024 07:05:09."""
    if at is None or at <= 0:
        return "–"
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(HANOI).strftime("%d/%m/%Y %H:%M:%S")


def span(seconds: float, language: Language) -> str:
    """So long, in the largest unit that still says something."""
    whole = max(0, int(seconds))
    for below, unit, name in _AGES:
        if whole < below:
            return word(language, f"span.{name}", n=whole // unit)
    return word(language, "span.days", n=whole // 86_400)


def size(count: float, language: Language) -> str:
    """Bytes as people read them."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= step:
            return f"{number(count / step, language, 1)} {unit}"
    return f"{number(int(count), language)} B"


def value(point: Point, cell: Scalar | None, language: Language) -> str:
    """A value of a point as text, without its unit."""
    if cell is None:
        return "–"
    if point.type is PointType.BOOL or isinstance(cell, bool):
        return word(language, "say.yes" if cell else "say.no")
    if point.type is PointType.ENUM:
        choice = point.choices.get(str(cell))
        return said(choice, language) if choice else str(cell)
    if isinstance(cell, str):
        return cell
    return number(cell, language, 0 if point.type is PointType.INT else None)


def unit(code: str) -> str:
    """What stands beside the number."""
    return shown(code)


def expected(point: Point, limits: Limits, language: Language) -> str:
    """What the value should be, in words; empty when nothing says it."""
    if point.type is PointType.BOOL:
        return word(language, "expected.switch")
    if point.choices:
        return word(
            language, "expected.choice", choices=", ".join(said(each, language) for each in point.choices.values())
        )
    unit_text = f" {unit(point.unit)}".rstrip()
    low, high = limits.minimum, limits.maximum
    facts = {
        "low": "" if low is None else bound(low, language) + (unit_text if high is None else ""),
        "high": "" if high is None else bound(high, language) + unit_text,
    }
    kind = {(True, True): "between", (True, False): "least", (False, True): "most"}.get(
        (low is not None, high is not None)
    )
    return word(language, f"expected.{kind}", **facts) if kind else ""


def reason(code: str, language: Language) -> str:
    """A quality code or a fault of a device in words."""
    _, _, name = code.rpartition(":")
    return word_or(language, f"reason.{name}", name or code)


def facts_in(facts: Mapping[str, object], language: Language) -> dict[str, object]:
    """Numbers among the facts of a sentence, written in the language."""
    return {
        key: number(value, language) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for key, value in facts.items()
    }


def _written(text: str, language: Language) -> str:
    """Separators of the language, and a minus that is as wide as a digit."""
    text = text.replace("-", "−")
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text
