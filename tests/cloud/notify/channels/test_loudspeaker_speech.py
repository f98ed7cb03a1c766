"""What the loudspeakers say: numbers, units, times and abbreviations as people read them aloud."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.notify.channels.loudspeaker.numerals import spelled, spelled_text
from cloud.notify.channels.loudspeaker.speech import UNITS as SPOKEN
from cloud.notify.channels.loudspeaker.speech import spoken
from device_profiles.units import UNITS


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"), (5, "năm"), (10, "mười"), (11, "mười một"), (14, "mười bốn"), (15, "mười lăm"), (20, "hai mươi"),
        (21, "hai mươi mốt"), (24, "hai mươi tư"), (25, "hai mươi lăm"), (101, "một trăm linh một"),
        (110, "một trăm mười"), (115, "một trăm mười lăm"), (1005, "một nghìn không trăm linh năm"),
        (2024, "hai nghìn không trăm hai mươi tư"), (33_000_000, "ba mươi ba triệu"),
        (1_000_000_005, "một tỷ không trăm linh năm"), (-7, "âm bảy"),
    ],
)  # fmt: skip
def test_numbers_in_words(number: int, words: str) -> None:
    assert spelled(number) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("3,73", "ba phẩy bảy mươi ba"), ("0,05", "không phẩy không năm"), ("2.5", "hai phẩy năm"),
        ("1.250", "một nghìn hai trăm năm mươi"), ("1.250,5", "một nghìn hai trăm năm mươi phẩy năm"),
        ("0.125", "không phẩy một hai năm"), ("-0,5", "âm không phẩy năm"), ("9" * 16, " ".join(["chín"] * 16)),
    ],
)  # fmt: skip
def test_written_numbers_in_words(written: str, words: str) -> None:
    assert spelled_text(written) == words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3,73 m", "ba phẩy bảy mươi ba mét"),
        ("Sông Thao đạt báo động III: 33,98 m (ngưỡng 32 m)",
         "Sông Thao đạt báo động ba: ba mươi ba phẩy chín mươi tám mét, ngưỡng ba mươi hai mét"),
        ("PM2.5 đạt 75,5 µg/m³", "bụi mịn P M hai phẩy năm đạt bảy mươi lăm phẩy năm mi-crô-gam trên mét khối"),
        ("15-20 mm/h tại QL32", "mười lăm đến hai mươi mi-li-mét trên giờ tại quốc lộ ba mươi hai"),
        ("lúc 07:30 ngày 10/09/2024.",
         "lúc bảy giờ ba mươi phút ngày mười tháng chín năm hai nghìn không trăm hai mươi tư."),
        ("lúc 07:00 10/09", "lúc bảy giờ ngày mười tháng chín"),
        ("-0,5 °C, 80%", "âm không phẩy năm độ C, tám mươi phần trăm"),
        ("độ ẩm ≥ 80 % & UBND xã", "độ ẩm từ tám mươi phần trăm và Ủy ban nhân dân xã"),
        ("Thủy điện – hồ (mực nước 58 m) [A].", "Thủy điện, hồ, mực nước năm mươi tám mét, A."),
        ("cấp I, mức iv, trạm V", "cấp một, mức bốn, trạm V"),
        ("R72 và 99:99", "R72 và chín mươi chín:chín mươi chín"),
        ("45/13 không là ngày", "bốn mươi lăm/mười ba không là ngày"),
    ],
)  # fmt: skip
def test_texts_as_they_are_said(text: str, said: str) -> None:
    assert spoken(text) == said


def test_every_unit_of_the_profiles_has_its_words() -> None:
    for shown in set(UNITS.values()) - {""}:
        assert spoken(f"12 {shown}") == f"mười hai {SPOKEN[shown]}"


@given(number=st.integers(0, 10**15 - 1))
def test_no_digit_is_ever_left_to_the_speech_program(number: int) -> None:
    assert not re.search(r"\d", spelled(number))
    assert "  " not in spelled(number)
    assert spoken(f"{number} m") == f"{spelled(number)} mét"


@given(text=st.text(max_size=200))
def test_any_text_can_be_said(text: str) -> None:
    assert spoken(text) == " ".join(spoken(text).split())
