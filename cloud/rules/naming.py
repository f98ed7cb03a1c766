"""What people read for the level of an alarm: looked up when it is shown, by rule and name; alarms keep names only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cloud.rules.ladder import same_in_both
from cloud.rules.retell import BUILT_IN
from cloud.rules.rule import Rule
from device_profiles.explain import Fault
from device_profiles.schema import Text

# figures, Roman numerals, classes (A), signs and units: the same in Vietnamese and English
_SAME_IN_BOTH: Final = re.compile(
    r"(?:[+-]?\d+(?:[./]\d+)?|[IVX]+|[A-Z]|[-+/%≥≤<>]"
    r"|°C|[mck]?m[²³]?|mm/h|m/s|m³/[sh]|[mµ]?g/l|[mµ]g/m³|mbar|bar|[kM]?Pa|[kM]?[VWA]h?|k?Hz|d[Bb][Am]?|ppm|ppb|NTU|pH|[hs]|min)"
)


def level_words(rules: Mapping[str, Rule], rule: str, level: str) -> Text:
    """The words of a level in both languages; of a rule that is gone, or was changed, the name that was kept."""
    found = rules.get(rule) or BUILT_IN.get(rule)
    return found.words_of(level) if found is not None else same_in_both(level)


def unclear_names(rules: Iterable[Rule]) -> Iterator[Fault]:
    """The levels that people read in one language only; nothing that keeps a rule from running."""
    for rule in rules:
        for level in rule.kind.levels:
            if level.shown is None and not is_same_in_both(level.name):
                yield Fault(
                    f"{rule.id}.toml",
                    f"kind.levels[{level.name}]",
                    f"{level.name!r} is not the same in Vietnamese and English",
                    f'add shown = {{ vi = "…", en = "{level.name}" }}; the name stays, alarms are kept under it',
                )


def is_same_in_both(name: str) -> bool:
    """True for names of figures, units, Roman numerals and classes alone."""
    words = re.split(r"\s+|(?<=\d)(?=[^\d./\s])", name)
    return all(_SAME_IN_BOTH.fullmatch(word) for word in words)
