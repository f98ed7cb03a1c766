"""A notice in words for people, Vietnamese first, then English."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from cloud.notify.content import NoticeContent
from device_profiles.units import shown

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")  # no daylight saving since 1975
SEVERITIES = {
    1: ("khẩn cấp", "emergency"),
    2: ("cao", "high"),
    3: ("trung bình", "medium"),
    4: ("thấp", "low"),
}


def subject(content: NoticeContent) -> str:
    """One line, safe for a mail header."""
    severity = SEVERITIES.get(content.severity, ("", ""))[0]
    begin = f"[{severity.upper()}]" if content.kind == "raised" else "[HẾT CẢNH BÁO]"
    return " ".join(f"{begin} {content.text.vi} – {content.site_name.vi}".split())


def body(content: NoticeContent) -> str:
    """The whole notice in both languages."""
    return f"{_vietnamese(content)}\n\n— — —\n\n{_english(content)}\n"


def local_time(at: int) -> str:
    """A time as people in Vietnam write it."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


def number(value: float | None, point: str) -> str:
    """A figure as people write it: at most two decimals, with the language's decimal sign."""
    if value is None:
        return "–"
    text = f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
    return text.replace(".", point)


def _vietnamese(content: NoticeContent) -> str:
    unit = shown(content.unit)
    lines = [
        content.label.vi.upper(),
        content.text.vi if content.kind == "raised" else f"Đã hết: {content.text.vi}",
        "",
        f"Mức độ: {SEVERITIES[content.severity][0]} (cấp {content.level})",
        f"Nơi: {content.site_name.vi}",
        f"Thiết bị: {content.gateway} / {content.device} {content.point}".rstrip(),
        f"Giá trị: {number(content.value, ',')} {unit}".rstrip(),
        f"Ngưỡng: {number(content.threshold, ',')} {unit}".rstrip(),
        f"Thời điểm đo: {local_time(content.observed_at)} (giờ Việt Nam)",
        f"Việc cần làm: {content.instruction.vi}",
    ]
    return "\n".join(lines + ([f"Chi tiết: {content.link}"] if content.link else []))


def _english(content: NoticeContent) -> str:
    unit = shown(content.unit)
    lines = [
        content.label.en.upper(),
        content.text.en if content.kind == "raised" else f"Over: {content.text.en}",
        "",
        f"Severity: {SEVERITIES[content.severity][1]} (level {content.level})",
        f"Place: {content.site_name.en}",
        f"Device: {content.gateway} / {content.device} {content.point}".rstrip(),
        f"Value: {number(content.value, '.')} {unit}".rstrip(),
        f"Threshold: {number(content.threshold, '.')} {unit}".rstrip(),
        f"Observed: {local_time(content.observed_at)} (Vietnam time)",
        f"What to do: {content.instruction.en}",
    ]
    return "\n".join(lines + ([f"Details: {content.link}"] if content.link else []))
