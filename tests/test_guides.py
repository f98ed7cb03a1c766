"""The README and the guides show the pictures that are there, and no others weigh on a clone."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.pictures import SHOWN, shown_in_guides

DOCS = Path(__file__).parent.parent / "docs"


def test_every_picture_of_a_guide_is_there_and_every_one_is_shown() -> None:
    assert {path.name for path in SHOWN.glob("*.png")} == shown_in_guides()


def test_a_guide_says_the_same_in_both_languages() -> None:
    for english in sorted(DOCS.glob("*.en.md")):
        vietnamese = english.with_name(english.name.replace(".en.", ".vi."))
        shapes = [
            re.findall(r"^(?:#+ |\||!\[)", path.read_text(encoding="utf-8"), re.M) for path in (english, vietnamese)
        ]
        assert shapes[0] == shapes[1], english.name
