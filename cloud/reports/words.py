"""The words of the printed report in both languages, and how it writes figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from cloud.reports.figures import Figure, Word
from cloud.reports.plan import Indicator
from device_profiles.schema import Text

Language = Literal["vi", "en"]

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "vi": {
        "title": "Báo cáo hiệu quả tháng {month}",
        "made": "Lập lúc {at}",
        "indicator": "Chỉ tiêu",
        "value": "Tháng này",
        "before": "Tháng trước",
        "target": "Mục tiêu",
        "standing": "Kết luận",
        "coverage": "Dữ liệu có",
        "met": "● Đạt",
        "missed": "▲ Không đạt",
        "trend": "– Theo dõi",
        "none": "○ Không có dữ liệu",
        "devices": "{devices} thiết bị, {silent} không gửi gì; {readings} số đo",
        "formula": "Cách tính",
        "source": "Nguồn",
        "unconfirmed": "chưa được xác nhận",
        "ledger": "Sổ cái dữ liệu đến lúc lập báo cáo (mọi thời gian, không riêng tháng này)",
        "accepted": "đã nhận ở gateway",
        "stored": "đã lưu",
        "dead_lettered": "chờ xử lý",
        "dropped": "đã mất, có ghi nhận",
        "awaited": "còn chờ",
        "inputs": "SHA-256 của dữ liệu đầu vào",
        "page": "Trang {number}",
    },
    "en": {
        "title": "Effectiveness report for {month}",
        "made": "Made {at}",
        "indicator": "Indicator",
        "value": "This month",
        "before": "Month before",
        "target": "Target",
        "standing": "Verdict",
        "coverage": "Data present",
        "met": "● Met",
        "missed": "▲ Missed",
        "trend": "– Watched",
        "none": "○ No data",
        "devices": "{devices} devices, {silent} of them silent; {readings} readings",
        "formula": "Formula",
        "source": "Source",
        "unconfirmed": "not confirmed",
        "ledger": "The ledger when the report was made (all time, not this month alone)",
        "accepted": "accepted at gateways",
        "stored": "stored",
        "dead_lettered": "dead-lettered",
        "dropped": "dropped and declared",
        "awaited": "awaited",
        "inputs": "SHA-256 of the inputs",
        "page": "Page {number}",
    },
}


def said(text: Text, language: Language) -> str:
    """The text in that language."""
    return text.vi if language == "vi" else text.en


def number(value: float, language: Language, *, digits: int = 0) -> str:
    """A number as the language writes it: 1.234,5 or 1,234.5."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def shown(indicator: Indicator, figure: Figure, language: Language) -> str:
    """The figure with its unit; a dash without data."""
    if figure.value is None:
        return "–"
    return f"{number(figure.value, language, digits=indicator.digits)} {indicator.unit}".rstrip()


def target_shown(indicator: Indicator, language: Language) -> str:
    """The target with its direction; a dash when there is none."""
    if indicator.target is None:
        return "–"
    sign = "≥" if indicator.better == "higher" else "≤"
    return f"{sign} {number(indicator.target, language, digits=indicator.digits)} {indicator.unit}".rstrip()


def standing_shown(word: Word, language: Language) -> str:
    """The verdict as shape and word."""
    return WORDS[language][word]
