"""Makes one notice of many: the gravest in full, the next ones in a line each, and how many there are of what."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from cloud.notify.content import NoticeContent, Words, encode_content
from cloud.notify.lines import Line
from cloud.notify.words import SEVERITIES, local_time, said_in
from cloud.store.rows import NoticeRow
from device_profiles.basics import Language

MOST_LINES = 20
MOST_NAMES = 5
TOTALS = {
    "vi": "{instruction} Theo mức độ: {severities}. Theo nơi: {sites}. Theo quy tắc: {rules}.",
    "en": "{instruction} By severity: {severities}. By place: {sites}. By rule: {rules}.",
}
OVER = Words("đã hết: ", "over: ")
OTHERS = Words("nơi khác", "others")


def digest_of(lines: Sequence[Line], recipient: str, *, now: int, language: Language, urgent: bool) -> NoticeRow:
    """The notice that stands for these lines, the worst of which come first; the same lines make the same key."""
    gravest = lines[0].content
    keys = sorted(row.key for line in lines for row in line.rows)
    key = f"digest:{recipient}:{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:16]}"
    content = msgspec.structs.replace(
        gravest,
        key=key,
        kind="digest",
        received_at=now,
        instruction=Words(_totals(lines, "vi"), _totals(lines, "en")),
        link=gravest.link.rpartition("/")[0],  # of an alarm: the list is above it
        count=len(lines),
        rest=tuple(_said(line.content, language) for line in lines[1 : MOST_LINES + 1]),
    )
    severity = 1 if urgent else max(2, min(line.content.severity for line in lines))
    step = max(row.step for line in lines for row in line.rows)  # no way that already failed one of them
    return NoticeRow(key, "", recipient, encode_content(content), now, now, severity=severity, step=step, since=now)


def _said(content: NoticeContent, language: Language) -> str:
    over = said_in(OVER, language) if content.kind == "cleared" else ""
    place = said_in(content.site_name, language)
    return f"{over}{said_in(content.text, language)} – {place}, {local_time(content.observed_at)}"


def _totals(lines: Sequence[Line], language: Language) -> str:
    contents = [line.content for line in lines]
    return TOTALS[language].format(
        instruction=said_in(contents[0].instruction, language),
        severities=", ".join(
            f"{number} {said_in(SEVERITIES[severity], language)}"
            for severity, number in sorted(Counter(each.severity for each in contents).items())
        ),
        sites=_counted((said_in(each.site_name, language) for each in contents), language),
        rules=_counted((each.rule for each in contents), language),
    )


def _counted(names: Iterable[str], language: Language) -> str:
    found = Counter(names)
    most = found.most_common(MOST_NAMES)
    others = found.total() - sum(number for _, number in most)
    said = [f"{name} {number}" for name, number in most]
    return ", ".join([*said, f"{said_in(OTHERS, language)} {others}"] if others else said)
