"""The typeface of papers: DejaVu Sans, which has every Vietnamese letter; embedded, so that any printer has it."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONTS: Final = Path(__file__).parent / "fonts"
REGULAR: Final = "DejaVuSans"
BOLD: Final = "DejaVuSans-Bold"


@cache
def make_known() -> None:
    """Registers both cuts and their family; papers call it before they set the first letter."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def printable(text: str) -> str:
    """One spelling of Vietnamese letters, without control characters: a phone may send `e` and an accent apart."""
    whole = unicodedata.normalize("NFC", text)
    return "".join(letter for letter in whole if letter in "\n\t" or unicodedata.category(letter)[0] != "C")
