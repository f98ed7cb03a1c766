"""The words of the pages in two languages."""

from __future__ import annotations

from typing import Final

from device_profiles.basics import Language
from device_profiles.words import LANGUAGES, Section, Words, said

WORDS: Final = Words("cloud.web")
words = WORDS.all
word = WORDS.word
word_or = WORDS.word_or

__all__ = ["LANGUAGES", "WORDS", "Language", "Section", "said", "word", "word_or", "words"]
