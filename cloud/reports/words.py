"""The words of the printed report in both languages, and how it writes figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor
from typing import Final, Literal

from cloud.reports.figures import Word
from cloud.reports.plan import Indicator, Reaction
from cloud.reports.promise import TERMS, Promise
from cloud.reports.reactions import Timing
from cloud.reports.trend import LEAST
from device_profiles.schema import Text

Language = Literal["vi", "en"]
UNITS_VI: Final[Mapping[str, str]] = {"s": "giây", "min": "phút", "h": "giờ"}

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
        "idle": "– Không xảy ra",
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
        "whole": (
            "{met} đạt, {missed} không đạt, {trend} theo dõi, {idle} không xảy ra, "
            "{none} không có dữ liệu; {pending} chưa đo được"
        ),
        "of_month": (
            "Sổ cái trong tháng: {accepted} số đo đã nhận ở gateway, {stored} đã lưu ({share}), {dead_lettered} "
            "chờ xử lý, {dropped} đã mất có ghi nhận, {awaited} còn chờ; {gateways} gateway"
        ),
        "stored_of": "Sổ cái: lưu {share} của {accepted} số đo đã nhận ở {gateways} gateway",
        "no_ledger": "Sổ cái: không có ghi nhận nào của tháng này",
        "operation": "Vận hành sau bàn giao",
        "module": "Hạng mục",
        "available": "Sẵn sàng",
        "stops": "Số lần dừng",
        "repair": "Khôi phục TB",
        "cost": "Chi phí / thiết bị",
        "no_cost": "chưa có số liệu",
        "vnd": "đ/tháng",
        "module_devices": "{devices} thiết bị; {unended} lần dừng kéo dài quá cuối tháng",
        "operation_how": (
            "Sẵn sàng: thời gian có số đo chứng minh thiết bị hoạt động ÷ cả tháng của mọi thiết bị; thời gian "
            "không có số đo tính là dừng. Khôi phục: độ dài trung bình của các lần dừng kết thúc trong tháng."
        ),
        "reactions": "Phản ứng: từ lúc đo đến cảnh báo, xác nhận, chuyển xử lý, khôi phục",
        "counted": "Số lần",
        "reaction_how": (
            "Theo lịch sử cảnh báo và vụ việc. Việc kết thúc trong tháng thì tính vào tháng, dù bắt đầu khi nào; "
            "việc chưa kết thúc khi hết tháng thì nêu số. Không phải số liệu của cả tỉnh mà của điều trung tâm biết."
        ),
        "waiting": "{waiting} chưa kết thúc khi hết tháng",
        "rules": "Quy tắc",
        "no_history": "Lịch sử cảnh báo và vụ việc không có gì của tháng này",
        "nothing_ended": "không có lần nào",
        "months": "12 tháng",
        "range": "{known} tháng: {low} – {high}",
        "short": "chưa đủ hai tháng",
        "line": "Đường 12 tháng: chấm lớn là tháng này, chỗ đứt là tháng không có số liệu, nét đứt là mục tiêu.",
        "pending": "Chưa có dữ liệu",
        "reason": "Lý do",
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
        "idle": "– Did not happen",
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
        "whole": (
            "{met} met, {missed} missed, {trend} watched, {idle} did not happen, "
            "{none} without data; {pending} not measured yet"
        ),
        "of_month": (
            "The ledger of the month: {accepted} readings accepted at gateways, {stored} stored ({share}), "
            "{dead_lettered} dead-lettered, {dropped} dropped and declared, {awaited} awaited; {gateways} "
            "gateways"
        ),
        "stored_of": "Ledger: {share} stored of {accepted} readings accepted at {gateways} gateways",
        "no_ledger": "Ledger: nothing is noted of this month",
        "operation": "Operation after the hand-over",
        "module": "Module",
        "available": "Available",
        "stops": "Stops",
        "repair": "Mean repair",
        "cost": "Cost of a device",
        "no_cost": "not known",
        "vnd": "VND/month",
        "module_devices": "{devices} devices; {unended} stops lasted beyond the month",
        "operation_how": (
            "Available: time for which readings prove that devices work ÷ the whole month of all devices; time "
            "without readings counts as stopped. Repair: mean length of the stops that ended in the month."
        ),
        "reactions": "Reaction: from measurement to alarm, acknowledgement, dispatch, repair",
        "counted": "Counted",
        "reaction_how": (
            "From the histories of alarms and incidents. What ended in the month counts in it, whenever it began; "
            "what had not ended when the month did is named. It tells of what the centre knows, not of the province."
        ),
        "waiting": "{waiting} had not ended when the month did",
        "rules": "Rules",
        "no_history": "The histories of alarms and incidents hold nothing of this month",
        "nothing_ended": "none ended in the month",
        "months": "12 months",
        "range": "{known} months: {low} – {high}",
        "short": "not two months yet",
        "line": "Line of 12 months: large dot: this month; break: a month without data; dashes: a target that is near.",
        "pending": "No data yet",
        "reason": "Reason",
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


def unit_shown(unit: str, language: Language) -> str:
    """What stands behind a figure, in the language."""
    return UNITS_VI.get(unit, unit) if language == "vi" else unit


def shown(indicator: Indicator | Reaction, value: float | None, language: Language) -> str:
    """The figure with its unit; a dash without data."""
    if value is None:
        return "–"
    return f"{number(value, language, digits=indicator.digits)} {unit_shown(indicator.unit, language)}".rstrip()


def target_shown(indicator: Indicator | Reaction, language: Language) -> str:
    """The target with its direction; a dash when there is none."""
    if indicator.target is None:
        return "–"
    sign = "≥" if indicator.better == "higher" else "≤"
    unit = unit_shown(indicator.unit, language)
    return f"{sign} {number(indicator.target, language, digits=indicator.digits)} {unit}".rstrip()


def share_shown(value: float | None, language: Language) -> str:
    """Per cent with two digits; a dash without data. Never rounded up: what falls short of a target shall look so."""
    if value is None:
        return "–"
    return f"{number(floor(value * 100 + 1e-9) / 100, language, digits=2)} %"


def promise_shown(promise: Promise, language: Language, *, word: str = "stored_of") -> str:
    """What gateways accepted in the month and what came of it."""
    if not promise.gateways:
        return WORDS[language]["no_ledger"]
    sums = {term: number(getattr(promise, term), language) for term in (*TERMS, "gateways")}
    return WORDS[language][word].format(**sums, share=share_shown(promise.stored_pct, language))


def range_shown(values: Sequence[float | None], digits: int, language: Language) -> str:
    """Of how many months there is a value, the lowest and the highest."""
    known = [each for each in values if each is not None]
    if len(known) < LEAST:
        return WORDS[language]["short"]
    low, high = (number(each, language, digits=digits) for each in (min(known), max(known)))
    return WORDS[language]["range"].format(known=len(known), low=low, high=high)


def counted_shown(timing: Timing, language: Language) -> str:
    """Why there is no figure, or what had not ended yet; nothing where there is nothing to say."""
    words = WORDS[language]
    parts = [] if timing.counted else [words["nothing_ended" if timing.known else "no_history"]]
    if timing.waiting:
        parts.append(words["waiting"].format(waiting=number(timing.waiting, language)))
    return "; ".join(parts)


def standing_shown(word: Word, language: Language) -> str:
    """The verdict as shape and word."""
    return WORDS[language][word]
