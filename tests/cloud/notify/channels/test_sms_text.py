"""What text messages may hold and cost: alphabets, parts, cutting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.notify.channels.sms.message import message
from cloud.notify.channels.sms.text import Size, fitted, is_gsm7, size_of, without_diacritics
from tests.cloud.notify.contents import CONTENT, content

LINK = "https://ioc.example/alarms/1"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Sông Đà vượt báo động III", "Song Da vuot bao dong III"),
        ("đường Nguyễn Huệ, ỨNG PHÓ KHẨN CẤP", "duong Nguyen Hue, UNG PHO KHAN CAP"),
        ("35 °C, 12 µg/m³ – “nóng”…", '35 C, 12 ug/m3 - "nong"...'),
        ("€ 5 [x]", "€ 5 [x]"),
        ("水 🌊", "? ?"),
    ],
)
def test_diacritics_go_and_the_rest_stays_readable(text: str, plain: str) -> None:
    assert without_diacritics(text) == plain


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a" * 160, Size("gsm7", 160, 1)),
        ("a" * 161, Size("gsm7", 161, 2)),
        ("a" * 306, Size("gsm7", 306, 2)),
        ("a" * 307, Size("gsm7", 307, 3)),
        ("a" * 159 + "€", Size("gsm7", 161, 2)),
        ("a" * 152 + "€" + "a" * 152, Size("gsm7", 306, 3)),  # the € does not fit into the last place of part 1
        ("ệ" * 70, Size("ucs2", 70, 1)),
        ("ệ" * 71, Size("ucs2", 71, 2)),
        ("ệ" * 68 + "🌊", Size("ucs2", 70, 1)),
        ("ệ" * 66 + "🌊" + "ệ" * 66, Size("ucs2", 134, 3)),
        ("", Size("gsm7", 0, 1)),
    ],
)
def test_parts_are_counted_as_carriers_count_them(text: str, size: Size) -> None:
    assert size_of(text) == size


def test_a_long_text_is_cut_behind_a_word_and_keeps_its_link() -> None:
    short = fitted("mot hai ba " * 30, LINK, max_parts=1)
    assert short.endswith(f"... {LINK}")
    assert short.removesuffix(f"... {LINK}").split()[-1] in ("mot", "hai", "ba")
    assert 150 < size_of(short).places <= 160


def test_a_link_that_leaves_no_room_goes_before_the_text_does() -> None:
    assert fitted("nuoc len nhanh " * 20, "x" * 200, max_parts=1).startswith("nuoc len nhanh")
    assert fitted("a" * 400, "", max_parts=1) == "a" * 160


@given(text=st.text(min_size=1, max_size=700), tail=st.sampled_from(["", LINK, "x" * 300]), parts=st.integers(1, 4))
def test_nothing_is_ever_longer_than_allowed(text: str, tail: str, parts: int) -> None:
    assert is_gsm7(without_diacritics(text))
    for written in (text, without_diacritics(text)):
        assert size_of(fitted(written, tail, max_parts=parts)).parts <= parts


def test_a_notice_in_two_alphabets_and_two_languages() -> None:
    plain = message(CONTENT, "vi", diacritics=False, max_parts=2)
    assert plain == (
        "KHAN CAP: Song Thao vuot bao dong III - Tram Yen Bai, 07:00 10/09. Bao truong ca "
        "(canh bao ky thuat noi bo) https://ioc.example/alarms/alarm-1"
    )
    assert message(CONTENT, "vi", diacritics=True, max_parts=3).startswith("KHẨN CẤP: Sông Thao vượt báo động III")
    assert message(CONTENT, "en", diacritics=False, max_parts=2).startswith("EMERGENCY: River Thao above alarm level")


def test_auto_keeps_the_diacritics_when_nothing_is_cut_for_them() -> None:
    assert "vượt" in message(CONTENT, "vi", diacritics="auto", max_parts=3)
    assert "vuot" in message(CONTENT, "vi", diacritics="auto", max_parts=2)


def test_tests_and_digests_say_what_they_are() -> None:
    assert message(content(kind="test"), "vi", diacritics=False, max_parts=2).startswith("THU NGHIEM: ")
    digest = message(content(kind="digest", count=12), "vi", diacritics=False, max_parts=2)
    assert digest.startswith("KHAN CAP: 12 canh bao, nang nhat: Song Thao")
    assert message(content(kind="cleared"), "en", diacritics=False, max_parts=2).startswith("ALARM OVER: ")
