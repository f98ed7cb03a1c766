"""A notice as the document that a public-address system takes, with a text to be spoken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cloud.notify.channels.loudspeaker.config import LoudspeakerConfig
from cloud.notify.channels.loudspeaker.speech import spoken
from cloud.notify.content import NoticeContent, NoticeKind
from cloud.notify.deliveries import delivery_key
from cloud.notify.notifier import NoticeRefusedError
from cloud.notify.words import SEVERITIES, VIETNAM, local_time

OPENINGS: dict[NoticeKind, str] = {
    "raised": "Đây là {label}, mức độ {severity}.",
    "cleared": "Đây là thông báo hết {label}.",
    "digest": "Đây là {label}, mức độ {severity}. Có {count} cảnh báo, nghiêm trọng nhất là:",
    "test": "Đây là bản tin thử nghiệm hệ thống, không cần làm gì.",
}


def document(content: NoticeContent, identifier: str, config: LoudspeakerConfig) -> Mapping[str, object]:
    """What is posted; NoticeRefusedError when no loudspeaker belongs to the site."""
    emergency = content.kind not in ("cleared", "test") and content.severity <= config.emergency_severity
    return {
        "id": identifier,
        "areas": list(_areas(content, config)),
        "priority": "emergency" if emergency else "high" if content.severity <= 2 else "normal",
        "preempt": emergency,
        "language": "vi-VN",
        "text": speech(content, config),
        "repeat": config.emergency_repeat if emergency else config.repeat,
        "created": moment(content.received_at),
        "expires": moment(expires_at(content, config)),
        "label": content.label.vi,
        "test": content.kind == "test",
    }


def identifier_of(content: NoticeContent, config: LoudspeakerConfig) -> str:
    """The same for what is the same to listeners, whoever it is that was to be told."""
    what = f"{content.alarm}|{content.site}|{content.kind}|{content.level}|{content.observed_at}|{content.count}"
    return delivery_key(what, config.name)


def speech(content: NoticeContent, config: LoudspeakerConfig) -> str:
    """What is said: what it is, what has happened, where and when, and what to do."""
    day, _, time = local_time(content.observed_at).partition(" ")
    opening = OPENINGS.get(content.kind, OPENINGS["raised"]).format(
        label=content.label.vi, severity=SEVERITIES[content.severity].vi, count=content.count
    )
    sentences = [
        opening,
        f"{content.text.vi.rstrip('. ')}.",
        f"Địa điểm: {content.site_name.vi}, lúc {time[:5]} {day}.",
        content.instruction.vi,
    ]
    return _cut(spoken(" ".join(sentences), config.abbreviations), config.max_chars)


def expires_at(content: NoticeContent, config: LoudspeakerConfig) -> int:
    """When the message must not be spoken any more, ms since 1970 UTC."""
    return content.received_at + round(config.expires_s * 1000)


def moment(at: int) -> str:
    """A time with the offset of Vietnam."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(VIETNAM).isoformat()


def _areas(content: NoticeContent, config: LoudspeakerConfig) -> Sequence[str]:
    areas = config.areas.get(content.site, config.other_areas)
    if not areas:
        raise NoticeRefusedError(f"channel {config.name} has no area for site {content.site}")
    return areas


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rpartition(' ')[0].rstrip(' ,.:')}."
