"""The monthly report as PDF: A4, Vietnamese letters embedded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from itertools import groupby
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Circle, Drawing, PolyLine
from reportlab.graphics.shapes import Line as DrawnLine
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from cloud.paper.typeface import BOLD, REGULAR, make_known, printable
from cloud.reports.collect import Line, ModuleLine, MonthlyReport, ReactionLine, verdicts_of
from cloud.reports.figures import word_of
from cloud.reports.month import VIETNAM
from cloud.reports.operation import word_for
from cloud.reports.plan import Pending
from cloud.reports.reactions import word_on
from cloud.reports.trend import curve
from cloud.reports.words import (
    WORDS,
    Language,
    counted_shown,
    number,
    promise_shown,
    range_shown,
    said,
    share_shown,
    shown,
    standing_shown,
    target_shown,
    unit_shown,
)

EDGE: Final = 16 * mm
WIDTHS: Final = [each * mm for each in (52, 22, 20, 24, 20, 21, 19)]
MODULE_WIDTHS: Final = [each * mm for each in (44, 24, 20, 24, 16, 18, 32)]
PENDING_WIDTHS: Final = [each * mm for each in (66, 22, 90)]
TITLE: Final = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=19, spaceAfter=4)
HEAD: Final = ParagraphStyle("head", fontName=BOLD, fontSize=11, leading=14, spaceBefore=10, spaceAfter=4)
TEXT: Final = ParagraphStyle("text", fontName=REGULAR, fontSize=8, leading=10.5)
STRONG: Final = ParagraphStyle("strong", parent=TEXT, fontName=BOLD)
LINE: Final = (19 * mm, 6 * mm)
INK: Final = HexColor("#202124")
GREY: Final = HexColor("#4b5157")
SMALL: Final = ParagraphStyle("small", parent=TEXT, fontSize=6.5, leading=8.5, textColor=GREY)
CELLS: Final = [
    ("GRID", (0, 0), (-1, -1), 0.4, HexColor("#9aa0a6")),
    ("BACKGROUND", (0, 0), (-1, 0), HexColor("#e8eaed")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def as_pdf(report: MonthlyReport, language: Language) -> bytes:
    """The report to print."""
    make_known()
    words = WORDS[language]
    title = title_of(report, language)

    def number_page(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(REGULAR, 7)
        canvas.drawString(EDGE, 9 * mm, f"{title} · SHA-256 {report.sha256[:16]}…")
        canvas.drawRightString(A4[0] - EDGE, 9 * mm, words["page"].format(number=document.page))

    out = BytesIO()
    edges = {"leftMargin": EDGE, "rightMargin": EDGE, "topMargin": EDGE, "bottomMargin": EDGE}
    document = SimpleDocTemplate(out, pagesize=A4, title=title, lang=language, **edges)
    story = [*_head(report, language), *_indicators(report.lines, language), *_reactions(report.reactions, language)]
    story += [*_operation(report.modules, language), *_missing(report.pending, language), *_foot(report, language)]
    document.build(story, onFirstPage=number_page, onLaterPages=number_page)
    return out.getvalue()


def title_of(report: MonthlyReport, language: Language) -> str:
    """What the report is called."""
    return WORDS[language]["title"].format(month=f"{report.month.number:02}/{report.month.year}")


def _head(report: MonthlyReport, language: Language) -> Iterator[Any]:
    words = WORDS[language]
    at = datetime.fromtimestamp(report.made_at / 1000, VIETNAM).strftime("%d/%m/%Y %H:%M")
    verdicts = verdicts_of(report)
    counts = {word: verdicts[word] for word in ("met", "missed", "trend", "idle", "none")}
    yield _p(title_of(report, language), TITLE)
    yield _p(words["made"].format(at=at), TEXT)
    yield _p(words["whole"].format(**counts, pending=len(report.pending)), STRONG)
    yield _p(promise_shown(report.promise, language, word="of_month"), TEXT)
    yield _p(words["line"], SMALL)


def _indicators(lines: Sequence[Line], language: Language) -> Iterator[Any]:
    words = WORDS[language]
    heads = [
        _p(words[each], STRONG) for each in ("indicator", "value", "before", "months", "target", "standing", "coverage")
    ]
    by_project = sorted(lines, key=lambda line: _first(lines, line))
    for project, some in groupby(by_project, key=lambda line: said(line.indicator.project, language)):
        first, *others = (_row(line, language) for line in some)
        top = Table([heads, first], colWidths=WIDTHS, style=CELLS)
        yield KeepTogether([_p(project, HEAD), top])
        if others:
            yield Table(others, colWidths=WIDTHS, style=[*CELLS[::2]])


def _first(lines: Sequence[Line], line: Line) -> int:
    """Where the project of a line comes first in the plan."""
    return next(place for place, each in enumerate(lines) if each.indicator.project == line.indicator.project)


def _row(line: Line, language: Language) -> list[Any]:
    indicator = line.indicator
    covered = line.now.covered_pct
    return [
        list(_about(line, language)),
        _p(shown(indicator, line.now.value, language), STRONG),
        _p(shown(indicator, line.before.value, language), TEXT),
        list(_months((*line.trend, line.now.value), indicator.target, indicator.digits, language)),
        _p(target_shown(indicator, language), TEXT),
        _p(standing_shown(word_of(indicator, line.now), language), TEXT),
        _p("–" if covered is None else f"{number(covered, language, digits=1)} %", TEXT),
    ]


def _about(line: Line, language: Language) -> Iterator[Any]:
    indicator, words = line.indicator, WORDS[language]
    counts = {name: number(getattr(line.now, name), language) for name in ("devices", "silent", "readings")}
    doubt = "" if indicator.confirmed else f" ({words['unconfirmed']})"
    yield _p(said(indicator.text, language), STRONG)
    yield _p(f"{words['formula']}: {said(indicator.formula, language)}", SMALL)
    yield _p(words["devices"].format(**counts), SMALL)
    yield _p(promise_shown(line.promise, language), SMALL)
    yield _p(f"{words['source']}: {indicator.source}{doubt}", SMALL)


def _reactions(lines: Sequence[ReactionLine], language: Language) -> Iterator[Any]:
    if not lines:
        return
    words = WORDS[language]
    heads = [
        _p(words[each], STRONG) for each in ("indicator", "value", "before", "months", "target", "standing", "counted")
    ]
    rows = [heads, *(_reaction_row(line, language) for line in lines)]
    yield _p(words["reactions"], HEAD)
    yield _p(words["reaction_how"], SMALL)
    yield Spacer(0, 2 * mm)
    yield Table(rows, colWidths=WIDTHS, repeatRows=1, style=CELLS)


def _reaction_row(line: ReactionLine, language: Language) -> list[Any]:
    each, words = line.reaction, WORDS[language]
    doubt = "" if each.confirmed else f" ({words['unconfirmed']})"
    about = [
        _p(said(each.project, language), SMALL),
        _p(said(each.text, language), STRONG),
        _p(f"{words['formula']}: {said(each.formula, language)}", SMALL),
        *([] if each.rules == ("*",) else [_p(f"{words['rules']}: {', '.join(each.rules)}", SMALL)]),
        _p(f"{words['source']}: {each.source}{doubt}", SMALL),
    ]
    return [
        about,
        _p(shown(each, line.now.value, language), STRONG),
        _p(shown(each, line.before.value, language), TEXT),
        list(_months((*line.trend, line.now.value), each.target, each.digits, language)),
        _p(target_shown(each, language), TEXT),
        _p(standing_shown(word_on(each, line.now), language), TEXT),
        [_p(number(line.now.counted, language), TEXT), _p(counted_shown(line.now, language), SMALL)],
    ]


def _operation(lines: Sequence[ModuleLine], language: Language) -> Iterator[Any]:
    if not lines:
        return
    words = WORDS[language]
    heads = [_p(words[each], STRONG) for each in ("module", "available", "before", "months", "stops", "repair", "cost")]
    rows = [heads, *(_module_row(line, language) for line in lines)]
    yield _p(words["operation"], HEAD)
    yield _p(words["operation_how"], SMALL)
    yield Spacer(0, 2 * mm)
    yield Table(rows, colWidths=MODULE_WIDTHS, repeatRows=1, style=CELLS)
    doubt = "" if all(line.module.confirmed for line in lines) else f" ({words['unconfirmed']})"
    for source in dict.fromkeys(line.module.source for line in lines):
        yield _p(f"{words['source']}: {source}{doubt}", SMALL)


def _module_row(line: ModuleLine, language: Language) -> list[Any]:
    module, now, words = line.module, line.now, WORDS[language]
    about = words["module_devices"].format(devices=number(now.devices, language), unended=number(now.unended, language))
    cost = words["no_cost"]
    if now.vnd_per_device is not None:
        cost = f"{number(now.vnd_per_device, language)} {words['vnd']}"
    target = "" if module.target is None else f"≥ {number(module.target, language, digits=1)} %"
    return [
        [_p(said(module.name, language), STRONG), _p(about, SMALL)],
        [
            _p(share_shown(now.available_pct, language), STRONG),
            _p(standing_shown(word_for(module, now), language), TEXT),
            _p(target, SMALL),
        ],
        _p(share_shown(line.before.available_pct, language), TEXT),
        list(_months((*line.trend, now.available_pct), module.target, 2, language)),
        _p(number(now.stops, language), TEXT),
        _p(
            "–" if now.repair_h is None else f"{number(now.repair_h, language, digits=1)} {unit_shown('h', language)}",
            TEXT,
        ),
        _p(cost, TEXT),
    ]


def _months(values: Sequence[float | None], target: float | None, digits: int, language: Language) -> Iterator[Any]:
    """The line of twelve months, and its lowest and highest figure in words."""
    width, height = LINE
    found = curve(values, width=width, height=height, edge=2.5, target=target)
    if found is not None:
        drawing = Drawing(width, height)
        if found.target is not None:
            at = height - found.target
            drawing.add(DrawnLine(0, at, width, at, strokeColor=GREY, strokeWidth=0.5, strokeDashArray=[2, 2]))
        for run in found.runs:
            points = [coordinate for x, y in run for coordinate in (x, height - y)]
            drawing.add(PolyLine(points, strokeColor=INK, strokeWidth=0.8))
            for x, y in run:
                drawing.add(Circle(x, height - y, 2 if (x, y) == found.last else 0.9, fillColor=INK, strokeColor=INK))
        yield drawing
    yield _p(range_shown(values, digits, language), SMALL)


def _missing(lines: Sequence[Pending], language: Language) -> Iterator[Any]:
    if not lines:
        return
    words = WORDS[language]
    rows = [[_p(words[each], STRONG) for each in ("indicator", "target", "reason")]]
    for each in lines:
        about = [_p(said(each.project, language), SMALL), _p(said(each.text, language), STRONG)]
        rows.append([about, _p(each.target or "–", TEXT), _p(said(each.reason, language), TEXT)])
    yield _p(words["pending"], HEAD)
    yield Table(rows, colWidths=PENDING_WIDTHS, repeatRows=1, style=CELLS)


def _foot(report: MonthlyReport, language: Language) -> Iterator[Any]:
    words = WORDS[language]
    sums = "; ".join(f"{words[term]}: {number(count, language)}" for term, count in report.ledger.items())
    parts = [_p(words["ledger"], STRONG), _p(sums, TEXT), Spacer(0, 2 * mm), _p(words["inputs"], STRONG)]
    yield Spacer(0, 5 * mm)
    yield KeepTogether([*parts, _p(report.sha256, TEXT)])


def _p(text: str, style: ParagraphStyle) -> Any:
    return Paragraph(escape(printable(text)), style)
