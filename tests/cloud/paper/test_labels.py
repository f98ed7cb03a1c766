"""Labels are ten on a sheet, stay inside their frame, and carry the code of their claim for eyes and for phones."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace

import pytest
import segno
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth

from cloud.paper.labels import CODE_SIZE, EDGE, HEIGHT, QR_SIDE, WIDTH, Label, code_on_screen, label_sheet
from cloud.paper.typeface import BOLD
from device_profiles.schema import Text
from device_profiles.wire.claims import Claim, code_of, link_of

CODE = code_of(0x1234_5678_9AB)
LABEL = Label(
    gateway="gw-mcc-01",
    name=Text(vi="Cổng tủ chiếu sáng số 7", en="Street light cabinet 7"),
    site=Text(
        vi="Nhà văn hoá xã Mù Cang Chải, đường Nguyễn Thị Minh Khai kéo dài", en="House of culture, Mu Cang Chai"
    ),
    code=CODE,
    link=link_of(Claim("https://centre.yenbai.example", CODE, "0f" * 32)),
    until=1_796_000_000_000,
    serial="SN-0007",
)
NUMBER = rb"(-?[\d.]+)"


def _pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def _drawing(pdf: bytes) -> bytes:
    """What is drawn, page after page, in plain PDF operators."""
    found = re.findall(rb"/ASCII85Decode /FlateDecode[^>]*>>\s*stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return b"".join(zlib.decompress(base64.a85decode(each.strip().removesuffix(b"~>"))) for each in found)


@pytest.mark.parametrize(("count", "first", "pages"), [(1, 0, 1), (10, 0, 1), (11, 0, 2), (10, 3, 2), (3, 7, 1)])
def test_ten_labels_are_a_sheet(count: int, first: int, pages: int) -> None:
    assert _pages(label_sheet([LABEL] * count, first=first)) == pages


def test_the_typeface_travels_with_the_paper() -> None:
    pdf = label_sheet([LABEL, replace(LABEL, replaces=True, serial="")])
    assert b"/FontFile2" in pdf
    assert {b"DejaVuSans", b"DejaVuSans-Bold"} == set(re.findall(rb"\+(DejaVuSans(?:-Bold)?)", pdf))


def test_the_drawn_squares_are_the_qr_code_of_the_link() -> None:
    squares = re.findall(rb"%s %s %s %s re" % ((NUMBER,) * 4), _drawing(label_sheet([LABEL])))
    cells = [tuple(map(float, each)) for each in squares]
    module = QR_SIDE / (len(segno.make(LABEL.link, micro=False, error="m", boost_error=False).matrix) + 8)
    black = [(x, y) for x, y, width, height in cells if abs(width - module) < 0.01 and abs(height - module) < 0.01]
    left, top = min(x for x, _ in black), max(y for _, y in black)
    drawn = {(round((top - y) / module), round((x - left) / module)) for x, y in black}
    matrix = segno.make(LABEL.link, micro=False, error="m", boost_error=False).matrix
    assert drawn == {(row, column) for row, cells in enumerate(matrix) for column, cell in enumerate(cells) if cell}


def test_labels_and_codes_stay_inside_their_frames() -> None:
    frames = re.findall(rb"%s %s %s %s re" % ((NUMBER,) * 4), _drawing(label_sheet([LABEL] * 10)))
    boxes = [tuple(map(float, each)) for each in frames if abs(float(each[2]) - WIDTH) < 0.01]
    assert len(boxes) == 10
    assert all(x >= 0 and x + WIDTH <= A4[0] and y >= 0 and y + HEIGHT <= A4[1] for x, y, _, _ in boxes)
    widest = "-".join(["W" * 5] * 2)
    assert stringWidth(LABEL.code, BOLD, CODE_SIZE) <= WIDTH - QR_SIDE - EDGE
    assert stringWidth(widest, BOLD, CODE_SIZE) < WIDTH


def test_a_console_shows_the_whole_code_with_its_white_edge() -> None:
    modules = len(segno.make(LABEL.link, micro=False, error="m", boost_error=False).matrix) + 8
    lines = re.sub(r"\x1b\[[0-9;]*m", "", code_on_screen(LABEL.link)).rstrip("\n").split("\n")
    assert len(lines) == -(-modules // 2)
    assert {len(line) for line in lines} == {modules}
