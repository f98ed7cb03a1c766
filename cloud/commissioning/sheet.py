"""The record on paper: A4, one language, with photos and the signature; what is printed was checked before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from cloud.commissioning.photos import PhotoError, for_paper
from cloud.commissioning.telling import MARKS, expected_of, moment, value_of
from cloud.commissioning.words import WORDS
from cloud.paper.typeface import BOLD, REGULAR, make_known, printable
from device_profiles.basics import Language
from device_profiles.wire.commissioning import (
    ChecklistItem,
    CommissioningRecord,
    DeviceRecord,
    FileEntry,
    Verdict,
)

PADDING: Final = 6  # that reportlab puts inside every frame
WIDTH: Final = A4[0] - 36 * mm - 2 * PADDING
COLOURS: Final[Mapping[Verdict, Any]] = {
    "pass": colors.HexColor("#146c2e"),
    "fail": colors.HexColor("#b3261e"),
    "unjudged": colors.HexColor("#5f6368"),
}
LINE: Final = colors.HexColor("#c4c7cc")
SHADE: Final = colors.HexColor("#eef1f5")
PHOTO_W, PHOTO_H = 80 * mm, 62 * mm


@dataclass(frozen=True, slots=True)
class Printed:
    """A record and what stands around it. `files` gives the place of contents that have come, by digest."""

    record: CommissioningRecord
    site_name: str
    gateway_name: str
    received_at: int
    digest: str
    files: Mapping[str, Path]


def pdf_of(printed: Printed, language: Language) -> bytes:
    """The record as a PDF. Takes a moment: off the event loop."""
    make_known()
    out = BytesIO()
    words = WORDS[language]
    title = f"{words['title']} – {printed.record.gateway}"
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=20 * mm,
        title=printable(title),
        author=printable(printed.record.technician),
        lang=language,
    )

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont(REGULAR, 7)
        canvas.setFillColor(colors.HexColor("#5f6368"))
        canvas.drawString(18 * mm, 10 * mm, f"{printed.record.gateway} · {printed.record.id}")
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, words["page"].format(page=page.page))

    document.build(_Sheet(printed, language).story(), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


class _Sheet:
    """Lays one record out."""

    def __init__(self, printed: Printed, language: Language) -> None:
        self._printed = printed
        self._record = printed.record
        self._language = language
        self._words = WORDS[language]

    def story(self) -> list[Flowable]:
        """From head to signature."""
        story: list[Flowable] = [self._head(), Spacer(0, 4 * mm), self._facts()]
        if self._record.note:
            story += [Spacer(0, 2 * mm), _text(f"<b>{self._words['note']}:</b> {_safe(self._record.note)}")]
        story += self._checklist(self._record.checklist, self._words["site_checklist"])
        for device in self._record.devices:
            story += self._device(device)
        story += self._photos("")
        story += [Spacer(0, 6 * mm), KeepTogether(self._end())]
        return story

    def _head(self) -> Table:
        verdict = self._record.verdict
        badge = _text(self._words[verdict], size=13, bold=True, colour=colors.white, centred=True)
        title = _text(self._words["title"], size=17, bold=True)
        return Table(
            [[title, badge]],
            colWidths=[WIDTH - 48 * mm, 48 * mm],
            style=[
                ("BACKGROUND", (1, 0), (1, 0), COLOURS[verdict]),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (0, 0), 0),
                ("TOPPADDING", (1, 0), (1, 0), 7),
                ("BOTTOMPADDING", (1, 0), (1, 0), 7),
            ],
        )

    def _facts(self) -> Table:
        record, words = self._record, self._words
        place = record.place
        where = "–"
        if place:
            metres = words["accuracy"].format(metres=f"{place.accuracy_m:.0f}")
            where = f"{place.lat:.5f}, {place.lon:.5f} ({metres})"
        doubt = f" ({words['clock_doubtful']})" if record.clock == "doubtful" else ""
        facts = [
            (words["site"], self._printed.site_name or record.site),
            (words["gateway"], " · ".join(filter(None, (self._printed.gateway_name, record.gateway)))),
            (words["serial"], record.serial or "–"),
            (words["technician"], record.technician),
            (words["begun"], moment(record.begun_at) + doubt),
            (words["ended"], moment(record.ended_at)),
            (words["received"], moment(self._printed.received_at)),
            (words["place"], where),
            (words["agent"], record.agent or "–"),
        ]
        rows = [[_text(name, colour=colors.HexColor("#5f6368")), _text(_safe(said))] for name, said in facts]
        return Table(rows, colWidths=[42 * mm, WIDTH - 42 * mm], style=_GRID)

    def _device(self, device: DeviceRecord) -> list[Flowable]:
        name = device.name_vi if self._language == "vi" else device.name_en
        heading = _text(f"{_safe(device.device)} – {_safe(name)}", size=12, bold=True)
        below = _text(f"{self._words['address']}: {_safe(device.address)} · {_safe(device.profile)}", size=8)
        mark = _text(self._words[device.verdict], bold=True, colour=COLOURS[device.verdict])
        parts: list[Flowable] = [Spacer(0, 6 * mm), CondPageBreak(70 * mm), heading, below, mark, Spacer(0, 2 * mm)]
        if device.points:
            parts.append(self._points(device))
        parts += self._checklist(device.checklist, self._words["checklist"])
        if device.note:
            parts.append(_text(f"<b>{self._words['note']}:</b> {_safe(device.note)}"))
        return parts + self._photos(device.device)

    def _points(self, device: DeviceRecord) -> Table:
        words, language = self._words, self._language
        rows: list[list[Any]] = [[_text(words[key], bold=True) for key in ("point", "value", "expected", "verdict")]]
        for check in device.points:
            name = check.name_vi if language == "vi" else check.name_en
            verdict = f"{MARKS[check.verdict]} {words[check.verdict].capitalize()}"
            rows.append(
                [
                    _text(_safe(name)),
                    _text(_safe(value_of(check, language)), bold=True),
                    _text(_safe(expected_of(check, language))),
                    _text(verdict, colour=COLOURS[check.verdict]),
                ]
            )
        widths = [WIDTH * share for share in (0.34, 0.2, 0.26, 0.2)]
        return Table(rows, colWidths=widths, style=[*_GRID, _SHADED], repeatRows=1)

    def _checklist(self, items: Sequence[ChecklistItem], title: str) -> list[Flowable]:
        if not items:
            return []
        rows: list[list[Any]] = [[_text(title, bold=True), ""]]
        for item in items:
            asked = item.text_vi if self._language == "vi" else item.text_en
            note = f"<br/>{_safe(item.note)}" if item.note else ""
            colour = COLOURS["fail"] if item.answer == "no" else colors.black
            rows.append([_text(_safe(asked) + note), _text(self._words[item.answer], colour=colour)])
        table = Table(rows, colWidths=[WIDTH * 0.8, WIDTH * 0.2], style=[*_GRID, _SHADED], repeatRows=1)
        return [Spacer(0, 3 * mm), table]

    def _photos(self, device: str) -> list[Flowable]:
        photos = [file for file in self._record.files if file.kind == "photo" and file.device == device]
        if not photos:
            return []
        cells = [self._photo(file) for file in photos]
        rows = [
            [*cells[begin : begin + 2], *[""] * (2 - len(cells[begin : begin + 2]))]
            for begin in range(0, len(cells), 2)
        ]
        return [Spacer(0, 3 * mm), Table(rows, colWidths=[WIDTH / 2] * 2, style=[("VALIGN", (0, 0), (-1, -1), "TOP")])]

    def _photo(self, file: FileEntry) -> list[Flowable]:
        return [self._picture(file, PHOTO_W, PHOTO_H), _text(_safe(file.caption), size=8)]

    def _picture(self, file: FileEntry, width: float, height: float) -> Flowable:
        path = self._printed.files.get(file.sha256)
        if path is None:
            return _text(self._words["photo_missing"], colour=COLOURS["fail"])
        try:
            content, wide, high = for_paper(path)
        except PhotoError:
            return _text(self._words["photo_broken"], colour=COLOURS["fail"])
        scale = min(width / wide, height / high)
        return Image(content, wide * scale, high * scale, hAlign="LEFT")

    def _end(self) -> list[Flowable]:
        record, words = self._record, self._words
        signed = next((file for file in record.files if file.kind == "signature"), None)
        parts: list[Flowable] = [_text(words["signature"], bold=True)]
        if signed:
            parts.append(self._picture(signed, 70 * mm, 28 * mm))
        parts.append(_text(f"{_safe(record.technician)}, {moment(record.ended_at)}"))
        parts.append(Spacer(0, 4 * mm))
        parts.append(_text(words["signed"].format(gateway=_safe(record.gateway)), size=8))
        parts.append(_text(f"{words['digest']}: {self._printed.digest}", size=7))
        return parts


_GRID: Final[list[Any]] = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]
_SHADED: Final = ("BACKGROUND", (0, 0), (-1, 0), SHADE)


def _text(
    words: str, *, size: float = 9, bold: bool = False, colour: Any = colors.black, centred: bool = False
) -> Paragraph:
    style = ParagraphStyle(
        "text",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.35,
        textColor=colour,
        alignment=1 if centred else 0,
        splitLongWords=1,
    )
    return Paragraph(words, style)


def _safe(text: str) -> str:
    """What a person wrote, as text and never as markup."""
    return escape(printable(text)).replace("\n", "<br/>")
