"""Notices in words for people."""

from __future__ import annotations

import pytest

from cloud.notify.content import decode_content, encode_content
from cloud.notify.placeholders import facts_of
from cloud.notify.words import body
from device_profiles.basics import Language
from tests.cloud.notify.contents import CONTENT, VERY_LOW, content


def test_a_notice_of_a_whole_site_names_no_device() -> None:
    assert "Thiết bị: " in body(content(), "vi")
    group = body(content(gateway="@site", device="tram-yen-bai"), "vi")
    assert "Thiết bị: " not in group
    assert "@site" not in group
    assert "Giá trị: " in group


@pytest.mark.parametrize(("language", "said"), [("vi", "(cấp rất thấp)"), ("en", "(level very low)")])
def test_a_level_is_told_in_the_language_of_who_reads_it(language: Language, said: str) -> None:
    notice = content(level="very low", level_shown=VERY_LOW)
    assert said in body(notice, language)
    assert said in body(notice)
    assert facts_of(notice, language)["level"] in said


def test_a_notice_from_before_there_were_words_for_levels_tells_the_name() -> None:
    old = decode_content(encode_content(CONTENT).replace(',"level_shown":null', ""))
    assert "(cấp III)" in body(old, "vi")
    assert facts_of(old, "en")["level"] == "III"
