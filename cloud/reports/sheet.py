"""The monthly report as PDF (A4, Vietnamese letters embedded) and as CSV for spreadsheets and programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from cloud.paper.typeface import BOLD, REGULAR, make_known, printable
from cloud.reports.collect import Line, MonthlyReport
from cloud.reports.figures import Figure, word_of
from cloud.reports.month import VIETNAM
from cloud.reports.words import WORDS, Language, number, said, shown, standing_shown, target_shown

EDGE: Final = 16 * mm
WIDTHS: Final = [each * mm for each in (66, 22, 22, 20, 26, 22)]
TITLE: Final = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=19, spaceAfter=4)
TEXT: Final = ParagraphStyle("text", fontName=REGULAR, fontSize=8, leading=10.5)
STRONG: Final = ParagraphStyle("strong", parent=TEXT, fontName=BOLD)
SMALL: Final = ParagraphStyle("small", parent=TEXT, fontSize=6.5, leading=8.5, textColor=HexColor("#4b5157"))
CELLS: Final = [
    ("GRID", (0, 0), (-1, -1), 0.4, HexColor("#9aa0a6")),
    ("BACKGROUND", (0, 0), (-1, 0), HexColor("#e8eaed")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]
COLUMNS: Final = (
    "month", "indicator", "project_vi", "project_en", "text_vi", "text_en", "value", "unit", "month_before", "target",
    "better", "verdict", "covered_pct", "devices", "silent_devices", "readings", "confirmed", "source", "inputs_sha256",
)  # fmt: skip


def as_pdf(report: MonthlyReport, language: Language) -> bytes:
    """The report to print."""
    make_known()
    words = WORDS[language]
    title = words["title"].format(month=f"{report.month.number:02}/{report.month.year}")
    at = datetime.fromtimestamp(report.made_at / 1000, VIETNAM).strftime("%d/%m/%Y %H:%M")
    heads = ("indicator", "value", "before", "target", "standing", "coverage")
    rows = [[_p(words[each], STRONG) for each in heads], *(_row(line, language) for line in report.lines)]
    sums = "; ".join(f"{words[term]}: {number(count, language)}" for term, count in report.ledger.items())
    story = [
        _p(title, TITLE),
        _p(words["made"].format(at=at), TEXT),
        Spacer(0, 4 * mm),
        Table(rows, colWidths=WIDTHS, repeatRows=1, style=CELLS),
        Spacer(0, 5 * mm),
        _p(words["ledger"], STRONG),
        _p(sums, TEXT),
        Spacer(0, 3 * mm),
        _p(words["inputs"], STRONG),
        _p(report.sha256, TEXT),
    ]

    def number_page(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(REGULAR, 7)
        canvas.drawRightString(A4[0] - EDGE, 9 * mm, words["page"].format(number=document.page))

    out = BytesIO()
    edges = {"leftMargin": EDGE, "rightMargin": EDGE, "topMargin": EDGE, "bottomMargin": EDGE}
    document = SimpleDocTemplate(out, pagesize=A4, title=title, lang=language, **edges)
    document.build(story, onFirstPage=number_page, onLaterPages=number_page)
    return out.getvalue()


def as_csv(report: MonthlyReport) -> str:
    """One line for each indicator; empty = no data. Numbers have a decimal point in both languages."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_record(report, line) for line in report.lines)
    return out.getvalue()


def _row(line: Line, language: Language) -> list[Any]:
    indicator, words = line.indicator, WORDS[language]
    return [
        list(_about(line, language)),
        _p(shown(indicator, line.now, language), STRONG),
        _p(shown(indicator, line.before, language), TEXT),
        _p(target_shown(indicator, language), TEXT),
        _p(standing_shown(word_of(indicator, line.now.value), language), TEXT),
        _p(_covered(line.now, language) or words["none"], TEXT),
    ]


def _about(line: Line, language: Language) -> Iterator[Any]:
    indicator, words = line.indicator, WORDS[language]
    counts = {name: number(getattr(line.now, name), language) for name in ("devices", "silent", "readings")}
    doubt = "" if indicator.confirmed else f" ({words['unconfirmed']})"
    yield _p(said(indicator.project, language), SMALL)
    yield _p(said(indicator.text, language), STRONG)
    yield _p(f"{words['formula']}: {said(indicator.formula, language)}", SMALL)
    yield _p(words["devices"].format(**counts), SMALL)
    yield _p(f"{words['source']}: {indicator.source}{doubt}", SMALL)


def _covered(figure: Figure, language: Language) -> str:
    return "" if figure.covered_pct is None else f"{number(figure.covered_pct, language, digits=1)} %"


def _record(report: MonthlyReport, line: Line) -> list[object]:
    each, now = line.indicator, line.now
    return [
        str(report.month), each.id, each.project.vi, each.project.en, each.text.vi, each.text.en, now.value, each.unit,
        line.before.value, each.target, each.better, word_of(each, now.value), now.covered_pct, now.devices, now.silent,
        now.readings, str(each.confirmed).lower(), each.source, report.sha256,
    ]  # fmt: skip


def _p(text: str, style: ParagraphStyle) -> Any:
    return Paragraph(escape(printable(text)), style)
