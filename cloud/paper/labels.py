"""Label sheets: A4, ten labels of 99 × 56 mm, each with the QR code and the short code of one claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from io import BytesIO, StringIO
from typing import Final

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from cloud.paper.typeface import BOLD, REGULAR, make_known, printable
from device_profiles.schema import Text

COLUMNS, ROWS = 2, 5
WIDTH, HEIGHT = 99 * mm, 56 * mm
LEFT, TOP = (A4[0] - COLUMNS * WIDTH) / 2, (A4[1] - ROWS * HEIGHT) / 2
QR_SIDE: Final = 44 * mm
QUIET: Final = 4  # modules of white around a QR code (ISO/IEC 18004)
CODE_SIZE: Final = 16.5  # as large as fits beside the QR code and its white edge
EDGE: Final = 4 * mm
HANOI: Final = timezone(timedelta(hours=7))
GREY: Final = HexColor("#5f6368")
HOW: Final = (
    "Nối điện thoại vào Wi-Fi của thiết bị, rồi quét mã.",
    "Join the box's Wi-Fi with a phone, then scan the code.",
)


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says. `serial`: of the only box that may use it, "" = any; `until` in ms since 1970 UTC."""

    gateway: str
    name: Text
    site: Text
    code: str
    link: str
    until: int
    serial: str = ""
    replaces: bool = False


def label_sheet(labels: Sequence[Label], *, first: int = 0) -> bytes:
    """The labels as a PDF; `first`: so many places of the first sheet are used up already."""
    make_known()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, lang="vi")
    canvas.setTitle("Nhãn cổng – Gateway labels")
    for number, label in enumerate(labels, start=first):
        place = number % (COLUMNS * ROWS)
        if place == 0 and number > first:
            canvas.showPage()
        row, column = divmod(place, COLUMNS)
        _draw(canvas, label, LEFT + column * WIDTH, A4[1] - TOP - (row + 1) * HEIGHT)
    canvas.save()
    return out.getvalue()


def code_on_screen(link: str) -> str:
    """The QR code of a link as text of half blocks, for a console."""
    out = StringIO()
    segno.make(link, micro=False, error="m", boost_error=False).terminal(out, border=QUIET, compact=True)
    return out.getvalue()


def _draw(canvas: Canvas, label: Label, x: float, y: float) -> None:
    canvas.setStrokeColor(HexColor("#c4c7cc"))
    canvas.setLineWidth(0.3)
    canvas.rect(x, y, WIDTH, HEIGHT)
    _draw_code(canvas, label.link, x + EDGE - 2 * mm, y + HEIGHT - QR_SIDE - 2 * mm)
    _draw_facts(canvas, label, x + QR_SIDE + EDGE, y + HEIGHT - EDGE - 2 * mm)
    canvas.setFillColor(HexColor("#000000"))
    canvas.setFont(BOLD, CODE_SIZE)
    canvas.drawRightString(x + WIDTH - EDGE, y + 12.5 * mm, label.code)
    canvas.setFont(REGULAR, 6)
    canvas.setFillColor(GREY)
    for line, text in enumerate(HOW):
        canvas.drawString(x + EDGE, y + 6 * mm - line * 2.8 * mm, text)


def _draw_facts(canvas: Canvas, label: Label, x: float, y: float) -> None:
    """Site in both languages, gateway, serial number and end, as far down as the short code allows."""
    width = WIDTH - QR_SIDE - 2 * EDGE
    canvas.setFillColor(HexColor("#000000"))
    for text, face, size, most in (
        (label.site.vi, BOLD, 9.5, 2),
        (label.site.en, REGULAR, 7, 1),
        (f"{label.gateway} · {label.name.vi}", REGULAR, 7, 2),
    ):
        for line in _lines(printable(text), face, size, width, most):
            canvas.setFont(face, size)
            canvas.drawString(x, y, line)
            y -= size * 1.25
    canvas.setFillColor(GREY)
    canvas.setFont(REGULAR, 6.5)
    for text in _small(label):
        canvas.drawString(x, y, text)
        y -= 8


def _small(label: Label) -> list[str]:
    day = datetime.fromtimestamp(label.until / 1000, HANOI).strftime("%d/%m/%Y")
    lines = [f"Dùng trước · Use before: {day}"]
    if label.serial:
        lines.append(f"Số sê-ri · Serial: {printable(label.serial)}")
    if label.replaces:
        lines.append("Thay thiết bị cũ · Replaces the old box")
    return lines


def _draw_code(canvas: Canvas, link: str, x: float, y: float) -> None:
    """The QR code as one path of squares: sharp at every size."""
    matrix = segno.make(link, micro=False, error="m", boost_error=False).matrix
    module = QR_SIDE / (len(matrix) + 2 * QUIET)
    path = canvas.beginPath()
    for row, cells in enumerate(matrix):
        top = y + QR_SIDE - (row + QUIET + 1) * module
        for column, cell in enumerate(cells):
            if cell:
                path.rect(x + (column + QUIET) * module, top, module, module)
    canvas.setFillColor(HexColor("#000000"))
    canvas.drawPath(path, stroke=0, fill=1)


def _lines(text: str, face: str, size: float, width: float, most: int) -> list[str]:
    """The text in lines; what does not fit into so many ends with dots."""
    lines: list[str] = simpleSplit(text, face, size, width)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and stringWidth(f"{last}…", face, size) > width:
        last = last[:-1]
    return [*lines[: most - 1], f"{last}…"]


def qr_picture(text: str) -> str:
    """A QR code for a screen, as the address of a picture."""
    return str(segno.make(text, error="m").svg_data_uri(scale=5, border=QUIET, dark="#000", light="#fff"))
