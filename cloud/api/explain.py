"""Why an alarm fired: readings, figures, thresholds, holds, lateness, and the version of the rule that made it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter

from cloud.api.alarms import one_alarm
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep
from cloud.api.rule_views import LevelView, level_views
from cloud.rules.explain import AS_READ, REPLAYED, Hold, Judged, Mute, Replay, mutes, replay, span_of, thinned
from cloud.rules.ladder import same_in_both
from cloud.rules.rule import Rule
from cloud.rules.rule_set import unit_of
from cloud.rules.sentences import FIGURES, sentences
from cloud.store.base import AlarmRow, NoticeRow, RawColumn, SeriesKey
from cloud.store.notice_port import NoticeFilter
from device_profiles.schema import PointType, Text

router = APIRouter(prefix="/api/v1", tags=["alarms"])
MOST_NOTICES = 200
STEP_MS = 600_000

Known = Literal["exact", "another", "none"]


@dataclass(frozen=True, slots=True)
class ReadingView:
    """One good reading, the figure made of it (null = it is the value, or nothing could be said), and how it came."""

    at: int
    value: float
    figure: float | None
    level: str
    late: bool


@dataclass(frozen=True, slots=True)
class MomentView:
    """One line of the alarm's history: when it happened, and how much later the centre learnt it."""

    at: int
    recorded_at: int
    what: str
    level: str
    value: float | None


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice of the alarm: to whom, when it was made, and what became of it."""

    channel: str
    at: int
    state: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmExplained:
    """Everything that made an alarm. Times in ms since 1970 UTC.

    `rule_known`: the rule as it was then (exact), as it is now because that version is not kept (another), or not at
    all. `figures` says what was held against the levels; `judged_apart`: that is something else than the value.
    `doubtful` readings of this time were stored and not judged. `all_shown` false: not every reading is listed.
    """

    alarm: str
    rule: str
    version: str
    rule_known: Known
    rule_runs: bool
    kind: str
    sentences: Text | None
    figures: Text | None
    judged_apart: bool
    unit: str
    point_unit: str
    levels: tuple[LevelView, ...]
    hold_s: float
    begin: int
    end: int
    readings: tuple[ReadingView, ...]
    all_shown: bool
    doubtful: int
    holds: tuple[Hold, ...]
    moments: tuple[MomentView, ...]
    mutes: tuple[Mute, ...]
    notices: tuple[NoticeView, ...]

    def words_of(self, level: str) -> Text:
        """What people read for a level; the rule of then may not know it."""
        return next((each.shown for each in self.levels if each.name == level), same_in_both(level))


@router.get("/alarms/{alarm}/explain", summary="Why the alarm fired")
async def explain_alarm(alarm: str, centre: CentreDep) -> AlarmExplained:
    """The rule is replayed over the readings around the alarm, as it would be live."""
    detail = await one_alarm(alarm, centre)
    face, known = await _rule_of(centre, detail)
    rule = face.at(detail.site) if face is not None else None
    now = centre.clock.now_ms()
    begin, end = span_of(rule, raised_at=detail.raised_at, ended_at=detail.cleared_at or now)
    begin, end = begin - begin % STEP_MS, min(end, now)
    key, point_unit = _series_of(centre, detail, rule)
    column = await centre.readings.raw(key, begin=begin, end=end) if key else RawColumn([], [])
    told = _replayed(rule, column, until=end)
    listed = thinned(told.judged)
    notices = await asyncio.to_thread(centre.notices.page, NoticeFilter(alarm=alarm), before=None, limit=MOST_NOTICES)
    return AlarmExplained(
        alarm=alarm,
        rule=detail.rule,
        version=detail.rule_version,
        rule_known=known,
        rule_runs=detail.rule in centre.rules.running.rules,
        kind=rule.kind.kind if rule else "",
        sentences=sentences(rule) if rule else None,
        figures=FIGURES.get(rule.kind.kind) if rule else None,
        judged_apart=rule is not None and rule.kind.kind in REPLAYED - AS_READ,
        unit=unit_of(rule) if rule else "",
        point_unit=point_unit,
        levels=level_views(rule) if rule else (),
        hold_s=float(getattr(rule.kind, "hold_s", 0.0)) if rule else 0.0,
        begin=begin,
        end=end,
        readings=tuple(_readings(centre, detail, rule, listed)),
        all_shown=len(listed) == len(told.judged),
        doubtful=await _doubtful(centre, key, column, begin=begin, end=end),
        holds=told.holds,
        moments=tuple(
            MomentView(each.observed_at, each.at, each.what, each.level, each.value) for each in detail.history
        ),
        mutes=tuple(mutes(detail.history)),
        notices=tuple(_notice(row) for row in notices),
    )


async def _rule_of(centre: Centre, alarm: AlarmRow) -> tuple[Rule | None, Known]:
    former = await centre.rules.former(alarm.rule, alarm.rule_version)
    if former is not None:
        return former, "exact"
    running = centre.rules.running.rules.get(alarm.rule)
    return running, "another" if running is not None else "none"


def _series_of(centre: Centre, alarm: AlarmRow, rule: Rule | None) -> tuple[SeriesKey | None, str]:
    """The readings that the alarm is about, when it is about one device; of a silent one those of any number."""
    if rule is None or alarm.gateway.startswith("@") or alarm.device.startswith("@"):
        return None, ""
    profile = centre.profiles.get(rule.selector.profile)
    points = profile.points if profile else ()
    numbers = [each for each in points if each.type is not PointType.STRING]
    point = next((each for each in numbers if each.key == (rule.selector.point or each.key)), None)
    if point is None:
        return None, ""
    return SeriesKey(rule.selector.profile, alarm.gateway, alarm.device, point.key), point.unit


def _replayed(rule: Rule | None, column: RawColumn, *, until: int) -> Replay:
    pairs = list(zip(column.times, column.values, strict=True))
    return replay(rule, pairs, until=until) if rule is not None else Replay()


def _readings(centre: Centre, alarm: AlarmRow, rule: Rule | None, judged: Sequence[Judged]) -> list[ReadingView]:
    spans = [each for each in centre.passages(alarm.gateway, alarm.device) if each.kind == "late"]
    return [
        ReadingView(
            each.at,
            each.value,
            each.figure,
            rule.kind.level(each.level).name if rule is not None and each.level else "",
            any(span.begin <= each.at <= span.end for span in spans),
        )
        for each in judged
    ]


async def _doubtful(centre: Centre, key: SeriesKey | None, column: RawColumn, *, begin: int, end: int) -> int:
    """How many readings were stored, but not good enough to be judged."""
    if key is None or end <= begin:
        return 0
    buckets = await centre.readings.series(key, begin=begin, end=end, step_ms=STEP_MS)
    return max(0, sum(each.count for each in buckets) - len(column.times))


def _notice(row: NoticeRow) -> NoticeView:
    return NoticeView(row.via or row.channel, row.created_at, row.state, row.attempts, row.error)
