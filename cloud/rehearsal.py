"""Rehearses rules on what the store holds: finds the devices, reads them one after the other, and compares."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from heapq import merge

from cloud.inventory.passages import Passage
from cloud.rules.judge import Places
from cloud.rules.rehearse import Player, RehearsalBusyError, RehearsalError, Stage, Wish
from cloud.rules.rehearse_report import Against, Episode, Report
from cloud.rules.rehearse_score import MOST_LISTED, Score
from cloud.rules.rehearse_summary import Graveness, difference, episodes_of, graveness_of
from cloud.rules.rehearse_together import MOST_TOGETHER, Ensemble, Voice, company_of, plays_together, selectors_of
from cloud.rules.rule import Rule
from cloud.rules.rule_set import unit_of
from cloud.rules.selector import Selector
from cloud.rules.watch import Watch, selects
from cloud.store.base import AlarmFilter, AlarmRow, RawColumn, ReadingStore, SeriesKey, StateStore, StoredSeries
from device_profiles.schema import DeviceProfile, PointType

DAY_MS = 86_400_000
MOST_DAYS = 400
MOST_READINGS = 2_000_000  # of one device: some 150 MB
MOST_ALONE = 50_000_000  # of all devices of a rule: a minute or two
STRETCH_MS = 10 * DAY_MS  # of one device, read at once: first so much, and more where there are
FEW = 50_000  # readings in it
TOGETHER_MS = DAY_MS  # of all devices
PAGE = 500  # alarms
LONGEST_MS = 90 * DAY_MS  # an alarm that nobody acknowledged for so long is not looked for

PassagesOf = Callable[[str, str], Sequence[Passage]]


class Rehearsals:
    """One rehearsal at a time. Reads the stores, writes nothing, and can be cancelled between two devices."""

    def __init__(
        self,
        readings: ReadingStore,
        state: StateStore,
        profiles: Mapping[str, DeviceProfile],
        *,
        places: Places,
        passages: PassagesOf,
        late_s: float = 900.0,
    ) -> None:
        self._readings = readings
        self._state = state
        self._profiles = profiles
        self._places = places
        self._passages = passages
        self._late_s = late_s
        self._busy = False

    async def rehearse(self, wish: Wish) -> Report:
        """What the rule would have done; RehearsalError says what is wrong, RehearsalBusyError to come again."""
        _check(wish)
        if self._busy:
            raise RehearsalBusyError("another rehearsal is under way; try again when it has ended")
        self._busy = True
        try:
            return await self._rehearse(wish)
        finally:
            self._busy = False

    async def _rehearse(self, wish: Wish) -> Report:
        score = await self._play(wish.rule, wish)
        if wish.against is None:
            return await asyncio.to_thread(score.report)
        against, there = await self._there(wish)
        return await asyncio.to_thread(_compared, score, there, against)

    async def _there(self, wish: Wish) -> tuple[Against, list[Episode]]:
        """A draft is held against the running rule; a rule that runs, against what was really raised."""
        if wish.against == "live" and wish.live is not None and wish.live != wish.rule:
            return "live", (await self._play(wish.live, wish)).in_order()
        return "alarms", [episode async for episode in self._raised(wish)]

    async def _play(self, rule: Rule, wish: Wish) -> Score:
        score = Score(rule, Stage(self._places, wish.begin, wish.end, self._late_s), unit_of(rule))
        if plays_together(rule, wish.others):
            await self._play_together(score, company_of(rule, wish.others))
        else:
            await self._play_alone(score)
        if not score.devices:
            raise RehearsalError(_nothing(rule))
        return score

    async def _play_alone(self, score: Score) -> None:
        """One device after the other, each with its whole history."""
        rule, stage = score.rule, score.stage
        devices: dict[tuple[str, str], list[StoredSeries]] = {}
        for place in rule.places:
            for series in await self._series(place.selector, stage, rule.id):
                devices.setdefault((series.key.gateway, series.key.device), []).append(series)
        for whose, mine in sorted(devices.items()):
            column = _joined([await self._column(series, stage) for series in mine])
            key = replace(mine[0].key, point=rule.selector.point)
            player = Player(rule.at(mine[0].site), mine[0].site, key, stage)
            await asyncio.to_thread(_perform, player, column, self._passages(*whose), score)
            if score.readings > MOST_ALONE:
                raise RehearsalError(
                    f"{rule.id} looks at more than {MOST_ALONE:,} readings in this time; "
                    "choose a shorter time, or fewer sites"
                )
            if score.full:
                return

    async def _play_together(self, score: Score, company: Sequence[Rule]) -> None:
        """All devices at once, one stretch of time after the other."""
        stage, ensemble = score.stage, Ensemble(company, score.stage)
        found: dict[SeriesKey, StoredSeries] = {}
        for selector in selectors_of(company):
            found |= {each.key: each for each in await self._series(selector, stage, score.rule.id)}
        series = list(found.values())
        readings = 0
        for begin in range(stage.begin, stage.end, TOGETHER_MS):
            part = replace(stage, begin=begin, end=min(stage.end, begin + TOGETHER_MS))
            voices = [Voice(each.site, each.key, await self._column(each, part)) for each in series]
            readings += sum(len(voice.column.times) for voice in voices)
            for voice in voices:
                score.heard(voice.column)
            if readings > MOST_TOGETHER:
                raise RehearsalError(
                    f"{score.rule.id} looks at more than {MOST_TOGETHER:,} readings in this time; "
                    "choose a shorter time, or fewer sites"
                )
            await asyncio.to_thread(ensemble.play, voices)
        for played in await asyncio.to_thread(ensemble.end):
            score.add(played, RawColumn([], []))
        score.devices, score.readings = len({(each.key.gateway, each.key.device) for each in series}), readings

    # --- readings -----------------------------------------------------------------------------------------------------

    async def _series(self, selector: Selector, stage: Stage, rule: str) -> list[StoredSeries]:
        """What the store holds of the points that a selector looks at; without a point, of all of its profile."""
        profile = self._profiles.get(selector.profile)
        if profile is None:
            raise RehearsalError(f"{rule}: there is no device profile {selector.profile}")
        points = [selector.point] if selector.point else [each.key for each in profile.points if _is_number(each.type)]
        found: list[StoredSeries] = []
        for point in points:
            stored = await self._readings.stored(profile.profile, point, begin=stage.begin, end=stage.end)
            found += [series for series in stored if self._is_selected(selector, series)]
        return found

    def _is_selected(self, selector: Selector, series: StoredSeries) -> bool:
        key = series.key
        watch = Watch(key.gateway, key.device, key.profile, series.site, {}, {})
        return selects(selector, watch, self._places.areas.get(series.site, ()))

    async def _column(self, series: StoredSeries, stage: Stage) -> RawColumn:
        """The readings of one point of a device, read in stretches."""
        key, whole = series.key, RawColumn([], [])
        begin, stretch_ms = stage.begin, STRETCH_MS
        while begin < stage.end:
            end = min(stage.end, begin + stretch_ms)
            part = await self._readings.raw(key, begin=begin, end=end)
            whole.times.extend(part.times)
            whole.values.extend(part.values)
            begin, stretch_ms = end, stretch_ms * 4 if len(part.times) < FEW else stretch_ms
            if len(whole.times) > MOST_READINGS:
                raise RehearsalError(
                    f"{key.gateway}/{key.device} has more than {MOST_READINGS:,} readings of {key.point} in this time; "
                    "choose a shorter time"
                )
        return whole

    # --- what was really raised ---------------------------------------------------------------------------------------

    async def _raised(self, wish: Wish) -> AsyncIterator[Episode]:
        """The alarms of the rule that began in this time, as their history tells."""
        levels = graveness_of(wish.live or wish.rule)
        before: str | None = None
        while True:
            rows = await asyncio.to_thread(self._state.alarms, AlarmFilter(), before=before, limit=PAGE)
            for row in rows:
                if row.rule == wish.rule.id and row.raised_at < wish.end:
                    for episode in await asyncio.to_thread(self._episodes, row, levels):
                        if wish.begin <= episode.raised_at < wish.end:
                            yield episode
            if len(rows) < PAGE or rows[-1].raised_at < wish.begin - LONGEST_MS:
                return
            before = rows[-1].id

    def _episodes(self, row: AlarmRow, levels: Graveness) -> list[Episode]:
        whose = row.site, row.gateway, row.device
        return episodes_of(row.rule, whose, self._state.history(row.id), levels=levels)


def _perform(player: Player, column: RawColumn, passages: Sequence[Passage], score: Score) -> None:
    score.add(player.play(column, passages), column)


def _compared(score: Score, there: Sequence[Episode], against: Against) -> Report:
    return score.report(difference(score.in_order(), there, against=against, most=MOST_LISTED))


def _joined(columns: Sequence[RawColumn]) -> RawColumn:
    """The readings of several points of a device, in order of time."""
    if len(columns) == 1:
        return columns[0]
    rows = dict(merge(*(zip(each.times, each.values, strict=True) for each in columns)))
    return RawColumn(list(rows), list(rows.values()))


def _check(wish: Wish) -> None:
    if wish.begin >= wish.end:
        raise RehearsalError("the time ends before it begins, or begins in the future")
    if wish.end - wish.begin > MOST_DAYS * DAY_MS:
        raise RehearsalError(f"the time is longer than {MOST_DAYS} days; choose a shorter one")


def _is_number(kind: PointType) -> bool:
    return kind is not PointType.STRING


def _nothing(rule: Rule) -> str:
    selector = rule.selector
    what = f"{selector.profile}.{selector.point}" if selector.point else selector.profile or "the rules it listens to"
    return (
        f"{rule.id}: the store holds no readings of {what} in this time at the places that the rule selects; "
        "choose another time, or look at how long readings are kept (store.retention_days)"
    )
