"""What a file is, by its content; and names without tricks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.incidents.sniffing import ENDINGS, safe_name, type_of

WORD = b"PK\x03\x04...[Content_Types].xml...word/document.xml"


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (b"\xff\xd8\xff\xe1Exif", ".jpg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ".png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ".webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", ".heic"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0", ".mp4"),
        (b"%PDF-1.7\n", ".pdf"),
        (WORD, ".docx"),
        (b"PK\x03\x04...[Content_Types].xml...xl/workbook.xml", ".xlsx"),
        ("Biên bản kiểm tra\r\n".encode(), ".txt"),
        (b"<svg onload=alert(1)>", ".txt"),
        (b"", None),
        (b"MZ\x90\0", None),
        (b"\x7fELF\x02", None),
        (b"PK\x03\x04 some other archive", None),
        (WORD + b"word/vbaProject.bin", None),
        (b"RIFF\x10\0\0\0AVI LIST", None),
        (b"text with \0 in it", None),
        (b"\xff\xfe\x41", None),
    ],
)
def test_types_by_content(content: bytes, ending: str | None) -> None:
    kind = type_of(content)
    assert (None if kind is None else ENDINGS[kind]) == ending


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("biên bản số 5.pdf", "biên bản số 5.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\lan\\ảnh.jpg", "ảnh.pdf"),
        ("ảnh.jpg.exe", "ảnh.jpg.pdf"),
        ("gpj\u202eexe.pdf", "gpj exe.pdf"),
        ('a"b\r\nSet-Cookie: x', "a b Set-Cookie x.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
    ],
)
def test_names_lose_paths_tricks_and_false_endings(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf") == safe


@given(st.text(max_size=200))
def test_any_name_becomes_one_that_stays_as_it_is(name: str) -> None:
    safe = safe_name(name, "image/png")
    assert safe.endswith(".png")
    assert not set(safe) & set('/\\:*?"<>|\0\r\n')
    assert safe_name(safe, "image/png") == safe
