"""What a notice says: stable fields, and the same in Vietnamese and English words."""

from __future__ import annotations

from typing import Literal

import msgspec

NoticeKind = Literal["raised", "cleared", "flapping", "escalated", "digest", "test"]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in the two languages of the house."""

    vi: str
    en: str


LABEL = Words("cảnh báo kỹ thuật nội bộ", "internal technical warning")  # never an official forecast or warning


class NoticeContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a notice; their names never change. Times in ms since 1970 UTC.

    A digest stands for `count` notices: its other fields are those of the gravest, `rest` has one line for each of
    the others that there was room for. `level` is the level's identity, `level_shown` what people read for it.
    """

    v: Literal[1]
    key: str
    kind: NoticeKind
    label: Words
    alarm: str
    rule: str
    rule_version: str
    level: str
    severity: int
    site: str
    site_name: Words
    gateway: str
    device: str
    point: str
    value: float | None
    threshold: float | None
    unit: str
    observed_at: int
    received_at: int
    text: Words
    instruction: Words
    link: str
    count: int = 1
    rest: tuple[str, ...] = ()
    level_shown: Words | None = None  # of what was written before there were such words

    @property
    def level_words(self) -> Words:
        """What people read for the level."""
        return self.level_shown or Words(self.level, self.level)


def encode_content(content: NoticeContent) -> str:
    """The content as JSON text: what a NoticeRow keeps and a webhook posts."""
    return msgspec.json.encode(content).decode()


def decode_content(body: str) -> NoticeContent:
    """The content in a NoticeRow's body."""
    return msgspec.json.decode(body, type=NoticeContent)
