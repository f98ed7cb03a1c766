"""The debrief on paper: A4, one language, the mark of an exercise on every sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from cloud.exercise.debrief import Debrief
from cloud.exercise.verdict import Finding, Verdict
from cloud.exercise.words import WORDS
from cloud.paper.typeface import BOLD, REGULAR, make_known, printable
from device_profiles.basics import Language, Text

HANOI: Final = timezone(timedelta(hours=7))
WIDTH: Final = A4[0] - 36 * mm - 12
LINE: Final = colors.HexColor("#c4c7cc")
SHADE: Final = colors.HexColor("#eef1f5")
PURPLE: Final = colors.HexColor("#6b2fb3")
MOST_ANSWERS: Final = 120

LevelWords = Callable[[str, str], Text]  # of a rule and the name of a level


def debrief_sheet(found: Debrief, language: Language, level_of: LevelWords) -> bytes:
    """The debrief as a PDF; `level_of` says what people read for a rule's level. Takes a moment: off the event loop."""
    make_known()
    out, words = BytesIO(), WORDS[language]
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=20 * mm, bottomMargin=18 * mm,
        title=printable(f"{words['title']} – {found.standing.name}"), lang=language,
    )  # fmt: skip

    def frame(canvas: Any, page: Any) -> None:
        canvas.setFont(BOLD, 10)
        canvas.setFillColor(PURPLE)
        canvas.drawCentredString(A4[0] / 2, A4[1] - 12 * mm, words["mark"])
        canvas.setFont(REGULAR, 7)
        canvas.drawRightString(A4[0] - 18 * mm, 9 * mm, words["page"].format(page=page.page))

    document.build(_Sheet(found, language, level_of).story(), onFirstPage=frame, onLaterPages=frame)
    return out.getvalue()


class _Sheet:
    """Lays one debrief out."""

    def __init__(self, found: Debrief, language: Language, level_of: LevelWords) -> None:
        self._found = found
        self._language = language
        self._words = WORDS[language]
        self._level_of = level_of

    def story(self) -> list[Flowable]:
        """From head to the trainer's acts."""
        words = self._words
        story: list[Flowable] = [_text(words["title"], size=17, bold=True), *self._facts()]
        story += self._against_the_plan()
        rows = [
            [each.name, str(each.acknowledged), span(each.median_s), span(each.longest_s)]
            for each in self._found.people
        ]
        story += self._table("people", ("name", "acknowledged", "median", "longest"), rows)
        story += self._table("answers", ("came", "rule", "level", "place", "by", "after"), self._answers())
        hidden = len(self._found.answers) - MOST_ANSWERS
        story += [_text(words["more"].format(count=hidden))] if hidden > 0 else []
        acts = [
            [moment(each.at), each.actor, words.get(each.what, each.what), each.detail] for each in self._found.acts
        ]
        story += self._table("acts", ("came", "by", "name", "level"), acts, heads=False)
        notices = [[name, str(count)] for name, count in self._found.notices.items()]
        return [*story, *self._table("notices", ("name", "came"), notices, heads=False)]

    def _facts(self) -> list[Flowable]:
        found, words = self._found, self._words
        standing = found.standing
        title = standing.title.vi if self._language == "vi" else standing.title.en
        until = standing.now if standing.end is None else min(standing.now, standing.end)
        lines = (
            f"<b>{words['story']}:</b> {escape(title)} ({escape(standing.name)})",
            f"{words['from']} {moment(standing.begin)} {words['to']} {moment(until)}",
            f"<b>{words['real']}:</b> {span(found.real_s)}",
            f"<b>{words['alarms']}:</b> {len(found.answers)}, {words['unanswered']}: {found.unanswered}",
        )
        return [*(_text(line) for line in lines), Spacer(0, 3 * mm)]

    def _against_the_plan(self) -> list[Flowable]:
        words, verdict, plan = self._words, self._found.verdict, self._found.plan
        if verdict is None or plan is None:
            return [_text(words["no_plan"])]
        rows = [
            [
                each.expected.rule, self._expected(each), each.expected.place or words["anywhere"],
                moment(each.raised.observed_at) if each.raised else "–", words[each.outcome],
            ]
            for each in verdict.findings
        ]  # fmt: skip
        story = [_text(f"{words['verdict']}: {words[word_of(verdict)]}", size=13, bold=True)]
        story += self._table("expected", ("rule", "level", "place", "came", "verdict"), rows)
        wrong = [
            [each.rule, self._level(each.rule, each.level), each.device, moment(each.observed_at)]
            for each in verdict.forbidden
        ]
        return [*story, *self._table("forbidden", ("rule", "level", "place", "came"), wrong)]

    def _level(self, rule: str, level: str) -> str:
        found = self._level_of(rule, level)
        return found.vi if self._language == "vi" else found.en

    def _expected(self, found: Finding) -> str:
        """The level that was expected; a plan may mean many rules, the alarm that came says which."""
        return self._level(found.raised.rule if found.raised else found.expected.rule, found.expected.level)

    def _answers(self) -> list[list[str]]:
        nobody = self._words["nobody"]
        return [
            [
                moment(each.raised_at), each.rule, self._level(each.rule, each.level), each.device or each.site,
                each.acknowledged_by or nobody, span(each.acknowledged_s),
            ]
            for each in self._found.answers[:MOST_ANSWERS]
        ]  # fmt: skip

    def _table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, heads: bool = True
    ) -> list[Flowable]:
        story: list[Flowable] = [Spacer(0, 3 * mm), _text(self._words[title], size=11, bold=True)]
        if not rows:
            return [*story, _text(self._words["none"])]
        head = [[_text(self._words[each], bold=True) for each in columns]] if heads else []
        body = [[_text(escape(cell), size=8) for cell in row] for row in rows]
        style = [("GRID", (0, 0), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        style += [("BACKGROUND", (0, 0), (-1, 0), SHADE)] if heads else []
        widths = [WIDTH / len(columns)] * len(columns)
        return [*story, Table([*head, *body], colWidths=widths, style=style, repeatRows=len(head))]


def word_of(verdict: Verdict) -> str:
    """The key of the word that says how the exercise stands."""
    if verdict.holds:
        return "holds"
    return "open" if verdict.count("waiting") and not verdict.forbidden and not verdict.count("missing") else "fails"


def moment(at_ms: int) -> str:
    """A moment of the story, in Vietnam."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(HANOI):%d/%m/%Y %H:%M}"


def span(seconds: float | None) -> str:
    """So many real seconds, as people say it."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60:02} s"


def _text(text: str, *, size: float = 9, bold: bool = False) -> Paragraph:
    style = ParagraphStyle("own", fontName=BOLD if bold else REGULAR, fontSize=size, leading=size * 1.35)
    return Paragraph(printable(text), style)
