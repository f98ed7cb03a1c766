"""A notice in the words of a text message."""

from __future__ import annotations

from typing import Literal

from cloud.notify.channels.sms.text import fitted, size_of, without_diacritics
from cloud.notify.content import NoticeContent, Words
from cloud.notify.words import local_time, mark, said_in
from device_profiles.basics import Language

Diacritics = bool | Literal["auto"]
GRAVEST = Words("{count} cảnh báo, nặng nhất: ", "{count} alarms, gravest: ")


def message(content: NoticeContent, language: Language, *, diacritics: Diacritics, max_parts: int) -> str:
    """The text to send. `auto` keeps the diacritics when nothing needs to be cut for them."""
    text, tail = _said(content, language)
    if diacritics is True:
        return fitted(text, tail, max_parts=max_parts)
    whole = f"{text} {tail}".strip()
    if diacritics == "auto" and size_of(whole).parts <= max_parts:
        return whole
    return fitted(without_diacritics(text), without_diacritics(tail), max_parts=max_parts)


def _said(content: NoticeContent, language: Language) -> tuple[str, str]:
    """What may be cut, and what stays: that it is an internal warning, and the link."""
    kind = mark(content, language).strip("[]")  # brackets take two places each
    count = said_in(GRAVEST, language).format(count=content.count) if content.kind == "digest" else ""
    day, _, time = local_time(content.observed_at).partition(" ")
    place = f"{said_in(content.site_name, language)}, {time[:5]} {day[:5]}"
    text = f"{kind}: {count}{said_in(content.text, language)} – {place}. {said_in(content.instruction, language)}"
    return " ".join(text.split()), f"({said_in(content.label, language)}) {content.link}".strip()
