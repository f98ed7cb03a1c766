"""A notice as a CAP 1.2 message: what it is called, what it replaces, and its XML."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from xml.etree import ElementTree as ET  # only written here, never read

from cloud.notify.channels.cap.config import CapConfig, CapSeverity, Category
from cloud.notify.channels.cap.place import Place, area_of, geocodes_of
from cloud.notify.content import NoticeContent, Words
from cloud.notify.words import VIETNAM, local_time, number, said_in, saying
from device_profiles.basics import Language
from device_profiles.units import shown

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MessageType = Literal["Alert", "Update", "Cancel"]
TYPES: tuple[MessageType, ...] = ("Alert", "Update", "Cancel")
LANGUAGES: tuple[tuple[Language, str], ...] = (("vi", "vi-VN"), ("en", "en-US"))
MOST_HEADLINE = 160  # CAP 1.2, 3.2.2: some systems show no more
NOTE = (
    "Cảnh báo kỹ thuật nội bộ, không phải bản tin dự báo, cảnh báo thiên tai của cơ quan khí tượng thủy văn. "
    "Internal technical warning, not an official forecast or warning."
)
TEST_NOTE = "THỬ NGHIỆM, không cần làm gì. TEST, nothing to do. "
FACTS = Words(
    "Giá trị: {value}; ngưỡng: {threshold}; cấp {level}; đo lúc {observed} (giờ Việt Nam).",
    "Value: {value}; threshold: {threshold}; level {level}; observed {observed} (Vietnam time).",
)
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


@dataclass(frozen=True, slots=True)
class Message:
    """What later messages and the feed must know of one."""

    identifier: str
    sent: str
    type: MessageType
    alarm: str  # mark of the alarm
    headline: str

    @property
    def file(self) -> str:
        """Its name in the folder; names sort by time."""
        return f"{stamp(self.sent)}-{self.identifier}.xml"

    @property
    def order(self) -> tuple[str, int]:
        """Sorts the messages of an alarm, also those of one second."""
        return self.sent, TYPES.index(self.type)


def message_of(content: NoticeContent, history: Sequence[Message], config: CapConfig) -> Message | None:
    """The message that a notice calls for; None when there is nothing to say.

    Args:
        content: the notice.
        history: what was published about the same alarm, the oldest first.
        config: the channel.
    """
    if content.kind == "escalated":
        return None  # of an incident: people's work, and no change of the alarm
    sent = moment(content.received_at)
    replaced = replaced_by(history)
    if any(each.sent > sent for each in history) or (content.kind == "cleared" and not replaced):
        return None  # old news, or nothing to cancel
    kind: MessageType = "Cancel" if content.kind == "cleared" else "Update" if replaced else "Alert"
    headline = _headline(content, "vi")
    return Message(identifier_of(content, config), sent, kind, mark_of(content.alarm), headline)


def replaced_by(history: Sequence[Message]) -> Sequence[Message]:
    """The messages that the next one of the alarm replaces: all since the last Cancel."""
    ends = [place for place, each in enumerate(history, 1) if each.type == "Cancel"]
    return history[ends[-1] :] if ends else history


def identifier_of(content: NoticeContent, config: CapConfig) -> str:
    """The same for a notice however often it is sent."""
    return f"{mark_of(content.alarm)}-{mark_of(f'{config.sender}|{content.key}')}"


def mark_of(text: str) -> str:
    """A short name for an alarm or a key, fit for files and identifiers."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stamp(sent: str) -> str:
    """A time as file names begin."""
    return re.sub(r"[-:]", "", sent[:19])


def xml_of(
    message: Message, content: NoticeContent, config: CapConfig, *, replaced: Sequence[Message], place: Place | None
) -> bytes:
    """The document; elements stand in the order of the schema."""
    is_test = content.kind == "test"
    alert = ET.Element("alert", {"xmlns": NAMESPACE})
    parts: list[tuple[str, str]] = [
        ("identifier", message.identifier),
        ("sender", config.sender),
        ("sent", message.sent),
        ("status", "Test" if is_test else config.status),
        ("msgType", message.type),
        ("source", "/".join(filter(None, (content.gateway, content.device)))),
        ("scope", config.scope),
        ("restriction", config.restriction if config.scope == "Restricted" else ""),
        ("addresses", _grouped(config.addresses)),
        ("note", (TEST_NOTE if is_test else "") + NOTE),
        ("references", " ".join(f"{config.sender},{each.identifier},{each.sent}" for each in replaced)),
    ]
    _fill(alert, parts)
    for language, tag in LANGUAGES:
        info = ET.SubElement(alert, "info")
        _fill(info, [("language", tag), *_info(content, config, language)])
        for name, value in (("alarm", content.alarm), ("level", content.level), ("rule_version", content.rule_version)):
            _fill(ET.SubElement(info, "parameter"), [("valueName", name), ("value", value)])
        area = ET.SubElement(info, "area")
        _fill(area, area_of(content, config, language, place))
        for name, value in geocodes_of(content, config):
            _fill(ET.SubElement(area, "geocode"), [("valueName", name), ("value", value)])
    document: bytes = ET.tostring(alert, encoding="utf-8", xml_declaration=True)
    return document


def moment(at: int) -> str:
    """A time as CAP writes it: whole seconds, with an offset and never a Z."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(VIETNAM).isoformat()


def severity_of(content: NoticeContent, config: CapConfig) -> CapSeverity:
    """CAP's word for how grave it is."""
    if content.value is not None and content.threshold is not None and content.severity == 1 and content.unit == "m":
        above = content.value - content.threshold
        if content.rule.startswith(config.extreme_rules) and 0 < config.extreme_above_m <= above:
            return "Extreme"
    return next(cap for ours, cap in config.severities.items() if int(ours) == content.severity)


def categories_of(content: NoticeContent, config: CapConfig) -> Sequence[Category]:
    """CAP's categories of the rule."""
    begins = [begin for begin in config.categories if content.rule.startswith(begin)]
    return config.categories[max(begins, key=len)] if begins else (config.category,)


def _info(content: NoticeContent, config: CapConfig, language: Language) -> Iterator[tuple[str, str]]:
    over = content.kind == "cleared"
    for category in categories_of(content, config):
        yield "category", category
    yield "event", said_in(content.text, language)[:MOST_HEADLINE]
    yield "responseType", "AllClear" if over else "Prepare" if content.severity == 1 else "Monitor"
    yield "urgency", "Past" if over else "Immediate" if content.severity == 1 else "Expected"
    yield "severity", severity_of(content, config)
    yield "certainty", "Observed"
    yield "effective", moment(content.received_at)
    yield "onset", moment(content.observed_at)
    yield "expires", moment(content.received_at + round(config.expires_h * 3_600_000))
    yield "senderName", config.sender_name
    yield "headline", _headline(content, language)
    yield "description", _description(content, language)
    yield "instruction", said_in(content.instruction, language)
    yield "web", content.link if content.link.startswith(("http://", "https://")) else ""
    yield "contact", config.contact


def _headline(content: NoticeContent, language: Language) -> str:
    label = said_in(content.label, language)
    line = " ".join(f"{label[:1].upper()}{label[1:]}: {saying(content, language)}".split())
    return line if len(line) <= MOST_HEADLINE else f"{line[: MOST_HEADLINE - 1]}…"


def _description(content: NoticeContent, language: Language) -> str:
    point = "," if language == "vi" else "."
    unit = shown(content.unit)
    facts = said_in(FACTS, language).format(
        value=f"{number(content.value, point)} {unit}".strip(),
        threshold=f"{number(content.threshold, point)} {unit}".strip(),
        level=said_in(content.level_words, language),
        observed=local_time(content.observed_at),
    )
    return "\n".join([f"{saying(content, language)}. {facts}", *content.rest])


def _fill(parent: ET.Element, parts: Sequence[tuple[str, str]]) -> None:
    """Elements with text; what is empty is left out."""
    for name, value in parts:
        if value:
            ET.SubElement(parent, name).text = NOT_XML.sub("", value)


def _grouped(names: Sequence[str]) -> str:
    """Several names in one element: those with blanks stand in quotes."""
    return " ".join(f'"{name}"' if " " in name else name for name in names)
