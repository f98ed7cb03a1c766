"""The words of a screen in two languages: data files beside the screen, one per language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, get_args

from device_profiles.basics import Language, Text

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
Section = Mapping[str, str]


class Words:
    """The words of `translations/<language>.toml` in a package: `[section]` and key, with {facts} to be filled in."""

    def __init__(self, package: str) -> None:
        self._package = package

    def all(self, language: Language) -> Mapping[str, Section]:
        """Every word of a language, by section and key."""
        return _read(self._package, language)

    def word(self, language: Language, key: str, **facts: object) -> str:
        """The word `section.key`, with facts filled in; KeyError when there is none, which a test would have found."""
        section, _, name = key.partition(".")
        text = self.all(language)[section][name]
        return text.format(**facts) if facts else text

    def word_or(self, language: Language, key: str, otherwise: str) -> str:
        """The word, or what to show for a code that no language knows."""
        section, _, name = key.partition(".")
        return self.all(language).get(section, {}).get(name, otherwise)


def said(text: Text, language: Language) -> str:
    """A name of ours in one language."""
    return text.vi if language == "vi" else text.en


@cache
def _read(package: str, language: Language) -> Mapping[str, Section]:
    text = files(package).joinpath("translations", f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
