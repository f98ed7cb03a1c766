"""Texts with `{placeholders}` in configurations: checked when they are read, filled from a notice, never evaluated."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from cloud.notify.content import NoticeContent
from cloud.notify.words import LABELS, SEVERITIES, local_time, mark, number, said_in, saying
from device_profiles.basics import Language
from device_profiles.units import shown

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
FACTS = frozenset(
    {
        "alarm", "count", "device", "gateway", "instruction", "key", "label", "level", "link", "mark", "observed",
        "point", "saying", "severity", "site", "text", "threshold", "unit", "value",
    }
)  # fmt: skip


def check_template(text: str, known: Collection[str] = FACTS) -> str:
    """The text itself; ValueError when it names a fact that there is not."""
    for name in PLACEHOLDER.findall(text):
        if name not in known:
            raise ValueError(f"{{{name}}} is no fact of a notice; there are {', '.join(sorted(known))}")
    return text


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with its placeholders replaced."""
    return PLACEHOLDER.sub(lambda found: facts.get(found[1], found[0]), text)


def facts_of(content: NoticeContent, language: Language) -> Mapping[str, str]:
    """What a text may say about a notice."""
    point = LABELS[language].point
    return {
        "alarm": content.alarm,
        "count": str(content.count),
        "device": content.device,
        "gateway": content.gateway,
        "instruction": said_in(content.instruction, language),
        "key": content.key,
        "label": said_in(content.label, language),
        "level": said_in(content.level_words, language),
        "link": content.link,
        "mark": mark(content, language),
        "observed": local_time(content.observed_at),
        "point": content.point,
        "saying": saying(content, language),
        "severity": said_in(SEVERITIES[content.severity], language),
        "site": said_in(content.site_name, language),
        "text": said_in(content.text, language),
        "threshold": number(content.threshold, point),
        "unit": shown(content.unit),
        "value": number(content.value, point),
    }
