"""Gathers what a monthly report is worked out from, and the digest of exactly that."""

from __future__ import annotations

import asyncio
import json
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Protocol, TypeVar

from cloud.reports.figures import Figure, Series, Word, figure_of, word_of
from cloud.reports.month import Month
from cloud.reports.operation import Standing, standing_of
from cloud.reports.plan import Indicator, Module, Pending, Reaction, ReportPlan
from cloud.reports.promise import Promise, of_gateways, promises, together
from cloud.reports.reactions import Past, Timing, happenings, past_of, timing_of, word_on
from cloud.reports.trend import Definition, earlier_values, is_same
from cloud.store.base import BirthRow, ReadingStore
from cloud.store.reaction_port import ReactionStore
from device_profiles.wire import State, WireError, decode

Device = tuple[str, str]  # gateway, device
D = TypeVar("D", bound=Definition)
V = TypeVar("V")


class Digest(Protocol):
    """What a digest is fed through."""

    def update(self, part: bytes, /) -> None:
        """Takes the next part."""


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator in the month and in the one before; `promise`: the ledger of the gateways of its devices.

    `trend`: the values of the eleven months before, oldest first; empty when nothing is known of them.
    """

    indicator: Indicator
    now: Figure
    before: Figure
    promise: Promise
    trend: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """One module in the month and in the one before."""

    module: Module
    now: Standing
    before: Standing
    trend: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ReactionLine:
    """One reaction in the month and in the one before."""

    reaction: Reaction
    now: Timing
    before: Timing
    trend: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthlyReport:
    """A report as it is printed. `promise`: what all gateways promised in the month; `ledger`: the five sums of the
    whole ledger on the day it was made."""

    month: Month
    made_at: int
    lines: tuple[Line, ...]
    modules: tuple[ModuleLine, ...]
    pending: tuple[Pending, ...]
    promise: Promise
    ledger: Mapping[str, int]
    sha256: str
    reactions: tuple[ReactionLine, ...] = ()  # reports of older versions have none


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures come from: readings, the devices that gateways named, the sums of the ledger, the histories.

    `earlier`: the kept reports of months before, for what the store no longer has, and for the trend.
    """

    store: ReadingStore
    devices: Mapping[str, Collection[Device]]
    ledger: Mapping[str, int]
    reactions: ReactionStore
    earlier: Mapping[Month, MonthlyReport] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The readings of a point in a month, and the devices that said nothing."""

    series: Mapping[Device, Series]
    silent: Sequence[Device]


def verdicts_of(report: MonthlyReport) -> Counter[Word]:
    """How many indicators and reactions met their target, missed it, and so on."""
    words = [word_of(line.indicator, line.now) for line in report.lines]
    return Counter([*words, *(word_on(line.reaction, line.now) for line in report.reactions)])


def devices_in(births: Sequence[BirthRow]) -> dict[str, set[Device]]:
    """The devices that gateways have introduced, by profile."""
    found: dict[str, set[Device]] = {}
    for row in births:
        with suppress(WireError):  # a document that an older version wrote
            for each in decode(row.state.encode(), State).devices:
                found.setdefault(each.profile, set()).add((row.gateway, each.device))
    return found


async def monthly_report(plan: ReportPlan, month: Month, sources: Sources, *, made_at: int) -> MonthlyReport:
    """Works out every indicator; equal inputs give the same digest."""
    digest = sha256()
    found = await promises(sources.store, begin=month.begin, end=month.end)
    ledgers = {gateway: asdict(each) for gateway, each in sorted(found.items())}
    whole = {"month": str(month), "ledger": dict(sources.ledger), "promises": ledgers}
    earlier = {str(each): report.sha256 for each, report in sources.earlier.items()}
    _add(digest, {**whole, "plan": plan.model_dump(mode="json"), "earlier": earlier})
    lines = [await _line(each, month, sources, found=found, digest=digest) for each in plan.indicators]
    modules = [await _module(each, month, sources, digest=digest) for each in plan.modules]
    reactions = await _reactions(plan.reactions, month, sources, digest=digest)
    return MonthlyReport(
        month, made_at, tuple(lines), tuple(modules), plan.pending, together(found.values()), sources.ledger,
        digest.hexdigest(), reactions,
    )  # fmt: skip


async def _line(
    indicator: Indicator, month: Month, sources: Sources, *, found: dict[str, Promise], digest: Digest
) -> Line:
    figures: list[Figure] = []
    gateways: set[str] = set()
    for each in (month, month.before):
        read = await _read((indicator.profile, indicator.point), each, sources, digest=digest)
        if each is month:
            gateways = {gateway for gateway, _ in (*read.series, *read.silent)}
        series = list(read.series.values())
        begin, end, silent = each.begin, each.end, len(read.silent)
        figures.append(await asyncio.to_thread(figure_of, indicator, series, silent=silent, begin=begin, end=end))
    now, before = figures
    kept = _kept(indicator, sources, lambda report: [(line.indicator, line.now) for line in report.lines])
    if before.value is None:
        before = kept.get(month.before, before)
    trend = _trend({each: figure.value for each, figure in kept.items()}, month, before.value)
    return Line(indicator, now, before, of_gateways(found, gateways), trend)


async def _module(module: Module, month: Month, sources: Sources, *, digest: Digest) -> ModuleLine:
    standings = []
    for each in (month, month.before):
        read = await _read((module.profile, module.point), each, sources, digest=digest)
        if not read.series:  # nothing at all: the module was not there yet, or its readings are gone
            read = Found({}, ())
        series = list(read.series.values())
        begin, end, silent = each.begin, each.end, len(read.silent)
        standings.append(await asyncio.to_thread(standing_of, module, series, silent=silent, begin=begin, end=end))
    now, before = standings
    kept = _kept(module, sources, lambda report: [(line.module, line.now) for line in report.modules])
    if before.available_pct is None:
        before = kept.get(month.before, before)
    trend = _trend({each: standing.available_pct for each, standing in kept.items()}, month, before.available_pct)
    return ModuleLine(module, now, before, trend)


async def _reactions(
    reactions: Sequence[Reaction], month: Month, sources: Sources, *, digest: Digest
) -> tuple[ReactionLine, ...]:
    if not reactions:
        return ()
    past = await asyncio.to_thread(_past, sources.reactions, month)
    past_before = await asyncio.to_thread(_past, sources.reactions, month.before)
    lines = []
    for each in reactions:
        now, before = await asyncio.to_thread(_timings, each, (past, past_before), digest=digest)
        kept = _kept(each, sources, lambda report: [(line.reaction, line.now) for line in report.reactions])
        if not before.known:
            before = kept.get(month.before, before)
        trend = _trend({one: timing.value for one, timing in kept.items()}, month, before.value)
        lines.append(ReactionLine(each, now, before, trend))
    return tuple(lines)


def _kept(wanted: D, sources: Sources, found_in: Callable[[MonthlyReport], Sequence[tuple[D, V]]]) -> dict[Month, V]:
    """What the kept reports say of the same figure: of one that was defined otherwise they say nothing."""
    kept = {}
    for month, report in sources.earlier.items():
        value = next((value for definition, value in found_in(report) if is_same(wanted, definition)), None)
        if value is not None:
            kept[month] = value
    return kept


def _trend(kept: Mapping[Month, float | None], month: Month, before: float | None) -> tuple[float | None, ...]:
    return earlier_values(month, kept.get, before)


def _past(store: ReactionStore, month: Month) -> Past:
    begin, end = month.begin, month.end
    alarms, incidents = store.alarm_lines(begin=begin, end=end), store.incident_lines(begin=begin, end=end)
    return past_of(alarms, incidents, begin=begin, end=end)


def _timings(reaction: Reaction, pasts: Sequence[Past], *, digest: Digest) -> list[Timing]:
    timings = []
    for past in pasts:
        found = happenings(reaction, past)
        values = sorted(each.value for each in found if each.value is not None)
        _add(digest, [reaction.id, past.begin, past.known, values, len(found)])
        timings.append(timing_of(reaction, found, known=past.known))
    return timings


async def _read(what: tuple[str, str], month: Month, sources: Sources, *, digest: Digest) -> Found:
    profile, point = what
    begin, end = month.begin, month.end
    stored = await sources.store.stored(profile, point, begin=begin, end=end)
    found: dict[Device, Series] = {}
    for each in sorted(stored, key=lambda one: (one.key.gateway, one.key.device)):
        column = await sources.store.raw(each.key, begin=begin, end=end)
        if column.times:
            times, values = array("q", column.times), array("d", column.values)  # a fifth of the room of lists
            found[each.key.gateway, each.key.device] = Series(times, values)
            _add(digest, [str(month), profile, each.key.gateway, each.key.device, point])
            digest.update(times.tobytes())
            digest.update(values.tobytes())
    silent = sorted(set(sources.devices.get(profile, ())) - set(found))
    _add(digest, [str(month), profile, point, silent])
    return Found(found, silent)


def _add(digest: Digest, what: object) -> None:
    digest.update(json.dumps(what, sort_keys=True, ensure_ascii=False).encode())
