"""Gathers the unsent notices of one recipient into lines: one for each alarm, with its last word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from cloud.notify.content import NoticeContent, Words, decode_content, encode_content
from cloud.store.rows import NoticeRow

CAME_AND_WENT = Words("{text} (đã xảy ra và đã hết)", "{text} (came and went)")


@dataclass(frozen=True, slots=True)
class Item:
    """A notice and what it says; None when that cannot be read, which its attempt will tell."""

    row: NoticeRow
    content: NoticeContent | None

    @property
    def is_urgent(self) -> bool:
        """An emergency: told at once, in quiet hours too. That one is over can wait."""
        return self.row.severity == 1 and (self.content is None or self.content.kind != "cleared")

    @property
    def is_fresh(self) -> bool:
        """Nobody can have heard of it yet, so it may be told together with others."""
        unsent = not self.row.attempts and not self.row.via
        return unsent and self.content is not None and self.content.kind not in ("digest", "test")


@dataclass(frozen=True, slots=True)
class Line:
    """What a recipient shall hear of one alarm now: the notice that says it, and all that are settled with it."""

    item: Item
    content: NoticeContent
    rows: tuple[NoticeRow, ...]

    @property
    def weight(self) -> tuple[bool, int, int]:
        """Sorts the worst first: what lasts before what is over, then by severity, then by time."""
        return self.content.kind == "cleared", self.content.severity, self.content.observed_at


def read(row: NoticeRow) -> Item:
    """The notice with what it says."""
    try:
        return Item(row, decode_content(row.body))
    except msgspec.DecodeError:
        return Item(row, None)


def gather(items: Iterable[Item]) -> list[Line]:
    """The lines of fresh notices, the worst first."""
    of_alarm: dict[tuple[str, str], list[tuple[NoticeRow, NoticeContent]]] = {}
    for item in items:
        if item.content is not None:  # an incident's notice names one of its alarms, and is another matter
            matter = item.row.alarm or item.row.key, item.content.rule
            of_alarm.setdefault(matter, []).append((item.row, item.content))
    return sorted(map(_line, of_alarm.values()), key=lambda line: line.weight)


def _line(told: list[tuple[NoticeRow, NoticeContent]]) -> Line:
    """The last word on an alarm; one that was raised and is over again says both at once."""
    told.sort(key=lambda each: (each[1].observed_at, each[1].kind == "cleared", each[0].created_at))
    rows = tuple(row for row, _ in told)
    row, content = told[-1]
    raised = [before for _, before in told[:-1] if before.kind == "raised"]
    if content.kind != "cleared" or not raised:
        return Line(Item(row, content), content, rows)
    worst = min(raised, key=lambda each: each.severity)
    text = Words(CAME_AND_WENT.vi.format(text=worst.text.vi), CAME_AND_WENT.en.format(text=worst.text.en))
    grave = {"level": worst.level, "level_shown": worst.level_shown, "severity": worst.severity}
    both = msgspec.structs.replace(content, text=text, **grave)
    return Line(Item(replace(row, body=encode_content(both)), both), both, rows)
