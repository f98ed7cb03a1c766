"""A notice in words for people: in Vietnamese, in English, or in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from cloud.notify.content import NoticeContent, NoticeKind, Words
from device_profiles.basics import Language
from device_profiles.units import shown

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")  # no daylight saving since 1975
SEVERITIES = {
    1: Words("khẩn cấp", "emergency"),
    2: Words("cao", "high"),
    3: Words("trung bình", "medium"),
    4: Words("thấp", "low"),
}
NO_SEVERITY = Words("", "")
MARKS: dict[NoticeKind, Words] = {
    "cleared": Words("[HẾT CẢNH BÁO]", "[ALARM OVER]"),
    "test": Words("[THỬ NGHIỆM]", "[TEST]"),
}
SAYINGS: dict[NoticeKind, Words] = {
    "cleared": Words("Đã hết: {text}", "Over: {text}"),
    "digest": Words("{count} cảnh báo. Nghiêm trọng nhất: {text}", "{count} alarms. The gravest: {text}"),
    "test": Words("THỬ NGHIỆM, không cần làm gì: {text}", "TEST, nothing to do: {text}"),
}
SHORT_SAYINGS: dict[NoticeKind, Words] = {"digest": Words("{count} cảnh báo: {text}", "{count} alarms: {text}")}


@dataclass(frozen=True, slots=True)
class _Labels:
    """What stands before the facts."""

    severity: str
    level: str
    place: str
    device: str
    value: str
    threshold: str
    observed: str
    clock: str
    instruction: str
    others: str
    more: str
    link: str
    point: str  # the decimal sign


LABELS: dict[Language, _Labels] = {
    "vi": _Labels(
        "Mức độ", "cấp", "Nơi", "Thiết bị", "Giá trị", "Ngưỡng", "Thời điểm đo", "giờ Việt Nam", "Việc cần làm",
        "Các cảnh báo khác", "và {count} cảnh báo nữa", "Chi tiết", ",",
    ),
    "en": _Labels(
        "Severity", "level", "Place", "Device", "Value", "Threshold", "Observed", "Vietnam time", "What to do",
        "The other alarms", "and {count} more", "Details", ".",
    ),
}  # fmt: skip


def subject(content: NoticeContent, language: Language = "vi") -> str:
    """One line, safe for a mail header."""
    said = said_in(SHORT_SAYINGS.get(content.kind, Words("{text}", "{text}")), language)
    text = said.format(count=content.count, text=said_in(content.text, language))
    return " ".join(f"{mark(content, language)} {text} – {said_in(content.site_name, language)}".split())


def body(content: NoticeContent, language: Language | None = None) -> str:
    """The whole notice; in both languages when none is named."""
    if language is not None:
        return f"{_written(content, language)}\n"
    return f"{_written(content, 'vi')}\n\n— — —\n\n{_written(content, 'en')}\n"


def mark(content: NoticeContent, language: Language) -> str:
    """What a notice is, in brackets: its severity, that it is over, or that it is a test."""
    if content.kind in MARKS:
        return said_in(MARKS[content.kind], language)
    return f"[{said_in(SEVERITIES.get(content.severity, NO_SEVERITY), language).upper()}]"


def saying(content: NoticeContent, language: Language) -> str:
    """What has happened, in one sentence."""
    said = said_in(SAYINGS.get(content.kind, Words("{text}", "{text}")), language)
    return said.format(count=content.count, text=said_in(content.text, language))


def said_in(words: Words, language: Language) -> str:
    """The text in this language."""
    return words.vi if language == "vi" else words.en


def local_time(at: int) -> str:
    """A time as people in Vietnam write it."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


def number(value: float | None, point: str) -> str:
    """A figure as people write it: at most two decimals, with the language's decimal sign."""
    if value is None:
        return "–"
    text = f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
    return text.replace(".", point)


def _written(content: NoticeContent, language: Language) -> str:
    words = LABELS[language]
    lines = [
        said_in(content.label, language).upper(),
        saying(content, language),
        "",
        f"{words.severity}: {said_in(SEVERITIES[content.severity], language)}{_level(content, language)}",
        f"{words.place}: {said_in(content.site_name, language)}",
        *(_measured(content, words) if content.gateway else ()),
        f"{words.observed}: {local_time(content.observed_at)} ({words.clock})",
        f"{words.instruction}: {said_in(content.instruction, language)}",
        *_others(content, words),
    ]
    return "\n".join(lines + ([f"{words.link}: {content.link}"] if content.link else []))


def _level(content: NoticeContent, language: Language) -> str:
    """The level in brackets."""
    return f" ({LABELS[language].level} {said_in(content.level_words, language)})"


def _measured(content: NoticeContent, words: _Labels) -> Sequence[str]:
    """The device and its figures; a notice about an incident has none, one about a whole site or area no device."""
    unit = shown(content.unit)
    device = f"{words.device}: {content.gateway} / {content.device} {content.point}".rstrip()
    return (
        *(() if content.gateway.startswith("@") else (device,)),
        f"{words.value}: {number(content.value, words.point)} {unit}".rstrip(),
        f"{words.threshold}: {number(content.threshold, words.point)} {unit}".rstrip(),
    )


def _others(content: NoticeContent, words: _Labels) -> Sequence[str]:
    """The lines of a digest about all but the gravest."""
    if content.count <= 1:
        return ()
    unsaid = content.count - 1 - len(content.rest)
    more = [words.more.format(count=unsaid)] if unsaid > 0 else []
    return ("", f"{words.others}:", *(f"- {line}" for line in [*content.rest, *more]))
