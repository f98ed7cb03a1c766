"""What the API tells of rules: the short form of a list, the long one of a page, versions, verdicts."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from cloud.rules.attributes import stated
from cloud.rules.ladder import Level
from cloud.rules.lines import line_of
from cloud.rules.naming import unclear_names
from cloud.rules.proof import Draft, Sheet, Verdict
from cloud.rules.rule import Rule
from cloud.rules.rule_set import unit_of
from cloud.rules.sentences import sentences
from cloud.store.rule_version_port import RuleVersionRow
from device_profiles.explain import Fault
from device_profiles.schema import Text

TestWord = Literal["green", "red", "none", "unknown"]


@dataclass(frozen=True, slots=True)
class LevelView:
    """One level of a rule: its identity, and what people read for it.

    `side` is above or below, the threshold a number or the attribute that holds it.
    """

    name: str
    shown: Text
    severity: int
    side: str
    threshold: float | str
    clear: float | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A running rule. `faulted` says why it broke, "" = it runs; `tests` how its cases stand."""

    id: str
    version: int
    kind: str
    profile: str
    point: str
    unit: str
    owner: str
    source: str
    confirmed: bool
    text: Text
    levels: tuple[LevelView, ...]
    faulted: str
    alarms_open: int
    tests: TestWord


@dataclass(frozen=True, slots=True)
class VersionView:
    """One former text of a rule: who wrote it when and why; `what` is found, saved, restored or deleted."""

    revision: int
    version: int
    at: int
    actor: str
    comment: str
    what: str


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """A former text in full, and how the running one differs from it (lines that begin with -, + or a space)."""

    revision: int
    version: int
    at: int
    actor: str
    comment: str
    what: str
    toml: str
    tests_toml: str
    difference: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FaultView:
    """One thing that is wrong: in which file, at which key and line (null = nowhere in particular), why, and a hint."""

    file: str
    key: str
    line: int | None
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """What became of one case: what it expects, what the rule said, and "" or the first difference."""

    case: str
    expected: tuple[str, ...]
    told: tuple[str, ...]
    notices: int
    fault: str


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What a draft of a rule is; `sentences` says in words what it would do (null = it is no rule yet).

    `notes` keep no rule from running: levels that are read in one language only.
    """

    good: bool
    faults: tuple[FaultView, ...]
    notes: tuple[FaultView, ...]
    cases: tuple[CaseView, ...]
    sentences: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDetail(RuleView):
    """A rule in full: its model, the texts as they are written, in words, its cases and every former version.

    `differs`: the file was changed by hand and not read again, so something else runs.
    """

    etag: str
    differs: bool
    model: dict[str, object]
    toml: str
    tests_toml: str
    sentences: Text
    cases: tuple[CaseView, ...]
    versions: tuple[VersionView, ...]


def rule_view(rule: Rule, verdict: Verdict | None, *, faulted: str, alarms_open: int) -> RuleView:
    """A rule as a list shows it."""
    return RuleView(
        id=rule.id,
        version=rule.version,
        kind=rule.kind.kind,
        profile=rule.selector.profile,
        point=rule.selector.point,
        unit=unit_of(rule),
        owner=rule.owner,
        source=rule.source,
        confirmed=rule.confirmed,
        text=rule.text,
        levels=level_views(rule),
        faulted=faulted,
        alarms_open=alarms_open,
        tests=verdict.tests if verdict is not None else "unknown",
    )


def level_views(rule: Rule) -> tuple[LevelView, ...]:
    """The levels of a rule, from mild to grave."""
    return tuple(_level_view(rule, rule.kind.level(number)) for number in range(1, len(rule.kind.levels) + 1))


def _level_view(rule: Rule, level: Level) -> LevelView:
    """A level; a number that the sites give is told by its name."""
    side = "above" if level.above is not None else "below"
    threshold = rule.named(level.name, side) or level.threshold
    clear = rule.named(level.name, "clear") or level.clear
    return LevelView(level.name, level.words, level.severity, side, threshold, clear)


def rule_detail(
    view: RuleView, rule: Rule, sheet: Sheet, *, verdict: Verdict, differs: bool, rows: Sequence[RuleVersionRow]
) -> RuleDetail:
    """A rule as its page shows it."""
    return RuleDetail(
        **{name: getattr(view, name) for name in RuleView.__dataclass_fields__},
        etag=sheet.etag,
        differs=differs,
        model=stated(rule),
        toml=sheet.text,
        tests_toml=sheet.tests,
        sentences=sentences(rule),
        cases=case_views(verdict),
        versions=tuple(version_view(row) for row in rows if row.kept),
    )


def version_view(row: RuleVersionRow) -> VersionView:
    """A former text without the text."""
    return VersionView(row.revision, row.version, row.at, row.actor, row.comment, row.what)


def version_detail(row: RuleVersionRow, now: Sheet) -> VersionDetail:
    """A former text, and how the running one differs from it."""
    changes = [*difference(row.text, now.text), *difference(row.tests, now.tests)]
    facts = asdict(version_view(row))
    return VersionDetail(**facts, toml=row.text, tests_toml=row.tests, difference=tuple(changes))


def fault_view(fault: Fault, sheet: Sheet) -> FaultView:
    """A fault with its line; folders of the centre are nobody's business."""
    file = fault.file.rpartition("/")[2]
    text = sheet.tests if file.endswith(".test.toml") else sheet.text
    return FaultView(file, fault.key, line_of(text, fault.key, fault.reason), fault.reason, fault.hint)


def case_views(verdict: Verdict) -> tuple[CaseView, ...]:
    """What became of each case."""
    return tuple(CaseView(each.case, each.expected, each.told, each.notices, each.fault) for each in verdict.outcomes)


def verdict_view(draft: Draft, verdict: Verdict) -> VerdictView:
    """The verdict on a draft."""
    faults = tuple(fault_view(each, draft.sheet) for each in verdict.faults)
    rules = [verdict.rule] if verdict.rule is not None else []
    notes = tuple(fault_view(each, draft.sheet) for each in unclear_names(rules))
    words = sentences(verdict.rule) if verdict.rule is not None else None
    return VerdictView(not faults, faults, notes, case_views(verdict), words)


def difference(old: str, new: str) -> list[str]:
    """How a text differs: unified, with three lines around each change; without the two lines of file names."""
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3))[2:]
