"""The words of the page in two languages: data files, one per language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal, get_args

from device_profiles.schema import Text

Language = Literal["vi", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
Section = Mapping[str, str]


@cache
def words(language: Language) -> Mapping[str, Section]:
    """Every word of a language, by section and key."""
    text = files("edge_agent.page").joinpath("translations", f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def word(language: Language, key: str, **facts: object) -> str:
    """The word `section.key`, with facts filled in; KeyError when there is none, which a test would have found."""
    section, _, name = key.partition(".")
    text = words(language)[section][name]
    return text.format(**facts) if facts else text


def word_or(language: Language, key: str, otherwise: str) -> str:
    """The word, or what to show for a code that no language knows."""
    section, _, name = key.partition(".")
    return words(language).get(section, {}).get(name, otherwise)


def said(text: Text, language: Language) -> str:
    """A name of ours in one language."""
    return text.vi if language == "vi" else text.en
