"""Values, ranges and times of a record as text, for pages and for paper. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from cloud.commissioning.words import REASONS, UNITS, WORDS
from device_profiles.basics import Language
from device_profiles.units import shown
from device_profiles.wire.commissioning import PointCheck, Verdict
from device_profiles.wire.messages import Scalar

HANOI: Final = timezone(timedelta(hours=7))
MARKS: Final[dict[Verdict, str]] = {"pass": "✓", "fail": "✗", "unjudged": "–"}


def value_of(check: PointCheck, language: Language) -> str:
    """What the point said, with its unit."""
    if check.value is None:
        reason = check.quality.partition(":")[2]
        return WORDS[language]["nothing"] + (f" ({REASONS[language].get(reason, reason)})" if reason else "")
    return _with_unit(_scalar(check, check.value, language), check.unit, language)


def expected_of(check: PointCheck, language: Language) -> str:
    """What it should be."""
    words = WORDS[language]
    if check.choices:
        return ", ".join(_choice(text, language) for text in check.choices.values())
    if check.low is None and check.high is None:
        return words["anything"]
    low = "" if check.low is None else _number(check.low, language)
    high = "" if check.high is None else _number(check.high, language)
    form = "range" if low and high else "at_least" if low else "at_most"
    return _with_unit(words[form].format(low=low, high=high), check.unit, language)


def moment(at: int | None) -> str:
    """A time of Vietnam."""
    if not at:
        return "–"
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(HANOI).strftime("%d/%m/%Y %H:%M")


def _scalar(check: PointCheck, value: Scalar, language: Language) -> str:
    if isinstance(value, bool):
        return WORDS[language]["on" if value else "off"]
    if str(value) in check.choices:
        return _choice(check.choices[str(value)], language)
    return value if isinstance(value, str) else _number(value, language)


def _choice(text: str, language: Language) -> str:
    """Choices travel as `Vietnamese / English`."""
    vietnamese, _, english = text.partition(" / ")
    return english or vietnamese if language == "en" else vietnamese


def _number(value: float, language: Language) -> str:
    text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def _with_unit(text: str, unit: str, language: Language) -> str:
    return f"{text} {UNITS[language].get(unit, shown(unit))}".strip()
