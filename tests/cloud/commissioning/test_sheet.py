"""The printed record: every letter has its glyph, bad pictures spoil nothing, both languages say the same."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.commissioning.photos import MOST_PIXELS, PhotoError, for_paper
from cloud.commissioning.sheet import Printed, pdf_of
from cloud.commissioning.telling import expected_of, moment, value_of
from cloud.commissioning.words import WORDS, Language
from cloud.paper.typeface import BOLD, REGULAR, make_known, printable
from device_profiles.wire.commissioning import CommissioningRecord, PointCheck
from tests.edge_agent.commissioning.visits import desk_in, finished, png

VIETNAMESE = "ẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸĐƠƯăâđêôơư✓✗"


def printed(tmp_path: Path, **changes: object) -> Printed:
    record: CommissioningRecord = replace(finished(desk_in(tmp_path)), gateway="gw-1", **changes)
    folder = tmp_path / "commissioning" / record.id / "files"
    files = {file.sha256: folder / file.sha256 for file in record.files}
    return Printed(record, "Trạm Mù Cang Chải", "Tủ bờ trái", 1_726_000_000_000, "ab" * 32, files)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def images(pdf: bytes) -> int:
    return len(re.findall(rb"/Subtype /Image", pdf))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_record_is_printed_with_photo_and_signature(tmp_path: Path, language: Language) -> None:
    pdf = pdf_of(printed(tmp_path), language)
    assert pdf.startswith(b"%PDF-")
    assert (pages(pdf), images(pdf)) == (1, 2)
    assert b"+DejaVuSans" in pdf  # embedded, as the part of it that is used
    assert f"/Lang ({language})".encode() in pdf


def test_every_vietnamese_letter_has_a_glyph() -> None:
    from reportlab.pdfbase import pdfmetrics

    make_known()
    said = VIETNAMESE + "".join(text for words in WORDS.values() for text in words.values())
    for name in (REGULAR, BOLD):
        known = pdfmetrics.getFont(name).face.charToGlyph
        assert {letter for letter in printable(said) if ord(letter) not in known} == set()


def test_letters_that_came_apart_are_put_together() -> None:
    assert printable("Bie\u0302n ba\u0309n\x00\u202e") == "Biên bản"


def test_markup_in_notes_is_text(tmp_path: Path) -> None:
    sheet = printed(tmp_path, note="<font size=99>a & b</b> <img src='file:///etc/passwd'/>")
    assert images(pdf_of(sheet, "vi")) == len(sheet.files), "no picture but those of the record"


def test_missing_and_broken_pictures_leave_a_word_instead(tmp_path: Path) -> None:
    sheet = printed(tmp_path)
    first, second = sheet.files.values()
    first.write_bytes(b"\xff\xd8\xff broken")
    second.unlink()
    assert images(pdf_of(sheet, "vi")) == 0
    assert images(pdf_of(Printed(sheet.record, "", "", 0, "", {}), "en")) == 0


def test_a_small_file_that_unpacks_to_gigabytes_is_no_photo(tmp_path: Path) -> None:
    side = int(MOST_PIXELS**0.5) + 10
    head = png(2, 2).replace((2).to_bytes(4, "big") * 2, side.to_bytes(4, "big") * 2)
    crc = zlib.crc32(head[12:29])
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(head[:29] + crc.to_bytes(4, "big") + head[33:])
    with pytest.raises(PhotoError, match="too many pixels"):
        for_paper(bomb)


@pytest.mark.parametrize(
    ("check", "language", "value", "expected"),
    [
        (PointCheck("p", "", "", "m", 1234.5, "pass", low=0, high=2000), "vi", "1.234,5 m", "0 đến 2.000 m"),
        (PointCheck("p", "", "", "m", 1234.5, "pass", low=0, high=2000), "en", "1,234.5 m", "0 to 2,000 m"),
        (PointCheck("p", "", "", "V", None, "fail", "bad:timeout", low=8), "vi", "không có (không trả lời)", "từ 8 V"),
        (PointCheck("p", "", "", "min", 5, "pass"), "vi", "5 phút", "–"),
        (PointCheck("p", "", "", "1", None, "fail", "bad:exception_02"), "en", "none (exception_02)", "–"),
        (PointCheck("p", "", "", "1", True, "pass"), "vi", "có", "–"),
        (PointCheck("p", "", "", "1", 2, "pass", choices={"2": "Ắc quy / Battery"}), "en", "Battery", "Battery"),
        (PointCheck("p", "", "", "1", 7, "fail", choices={"2": "Ắc quy / Battery"}), "vi", "7", "Ắc quy"),
    ],
)
def test_values_stand_beside_what_they_should_be(
    check: PointCheck, language: Language, value: str, expected: str
) -> None:
    assert (value_of(check, language), expected_of(check, language)) == (value, expected)


def test_times_are_those_of_vietnam() -> None:
    assert moment(1_726_000_000_000) == "11/09/2024 03:26"
    assert moment(0) == "–"


def test_both_languages_know_the_same_words() -> None:
    assert WORDS["vi"].keys() == WORDS["en"].keys()
