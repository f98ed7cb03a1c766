"""Sums up what a rehearsal played: alarms from raise to clear, nights, totals, and what differs from something else."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from cloud.rules.ladder import Level, same_in_both
from cloud.rules.rehearse_report import Against, Difference, Episode, Moved, Night, Step, Totals
from cloud.rules.rule import Rule
from cloud.store.base import AlarmHistoryRow

VIETNAM = timezone(timedelta(hours=7))
NIGHT = (22, 6)  # hours at Hà Nội
NEAR_MS = 3_600_000  # alarms of one device that begin so close together are the same problem
OVER = frozenset({"cleared", "latched", "missed_end"})  # what latches has returned, although its alarm stays
WORDS = frozenset({"raised", "escalated", "eased", "missed"}) | OVER  # what rules do, not people

Device = tuple[str, str, str]  # site, gateway, device
Graveness = Mapping[str, Level]  # the rule's levels by their names, from mild to grave


def graveness_of(rule: Rule) -> Graveness:
    """What the names of the rule's levels stand for."""
    levels = [rule.kind.level(number + 1) for number in range(len(rule.kind.levels))]
    return {level.name: level for level in levels}


def episodes_of(rule: str, device: Device, history: Iterable[AlarmHistoryRow], *, levels: Graveness) -> list[Episode]:
    """The alarms that these lines tell of, in the order of their beginnings."""
    episodes: list[Episode] = []
    current: dict[str, int] = {}  # alarm, and whether it was missed -> where it stands among the episodes
    for line in history:
        if line.what not in WORDS:
            continue
        step = Step(line.observed_at, line.at, line.what, line.level, line.value)
        late = line.what.startswith("missed")
        name = f"{line.alarm} late" if late else line.alarm
        place = current.get(name)
        if place is None and line.what in ("raised", "missed"):
            current[name] = len(episodes)
            episodes.append(_begun(rule, device, step, levels))
        elif place is not None:
            episodes[place] = _with(episodes[place], step, levels)
            if line.what in OVER:
                del current[name]
    return sorted(episodes, key=lambda each: each.raised_at)


def with_notices(episodes: Sequence[Episode], notices: Sequence[int]) -> list[Episode]:
    """Each notice, by its time, goes to the youngest alarm of the device that was known by then."""
    known = sorted((each.steps[0].arrived_at, place) for place, each in enumerate(episodes) if not each.missed)
    counts: Counter[int] = Counter()
    for told_at in notices:
        behind = bisect_right(known, (told_at, len(episodes)))
        if behind:
            counts[known[behind - 1][1]] += 1
    return [replace(each, notices=counts[place]) for place, each in enumerate(episodes)]


def nights_of(episodes: Sequence[Episode], notices: Sequence[int]) -> tuple[Night, ...]:
    """The nights in which anybody would have been woken or anything happened."""
    told: Counter[str] = Counter(filter(None, map(night_of, notices)))
    raised: Counter[str] = Counter(filter(None, (night_of(each.raised_at) for each in episodes if not each.missed)))
    return tuple(Night(night, told[night], raised[night]) for night in sorted({*told, *raised}))


def totals_of(episodes: Sequence[Episode], notices: Sequence[int], *, devices: int, readings: int, end: int) -> Totals:
    """The sums of a rehearsal; an alarm that was still on at its end has lasted up to there."""
    raised = [each for each in episodes if not each.missed]
    days = Counter(_local(each.raised_at).date().isoformat() for each in raised)
    day, most = min(days.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    return Totals(
        alarms=len(raised),
        missed=len(episodes) - len(raised),
        notices=len(notices),
        night_notices=sum(map(bool, map(night_of, notices))),
        devices_concerned=len({(each.gateway, each.device) for each in episodes}),
        devices=devices,
        readings=readings,
        longest_ms=max(((each.cleared_at or end) - each.raised_at for each in raised), default=0),
        most_on_a_day=most,
        busiest_day=day,
    )


def difference(here: Sequence[Episode], there: Sequence[Episode], *, against: Against, most: int) -> Difference:
    """What is only in one of the two, and what is in both at another time or level; at most so many of each."""
    pairs, only_here, only_there = _matched(here, there)
    moved = [Moved(one, other) for one, other in pairs if _shape(one) != _shape(other)]
    return Difference(
        against=against,
        same=len(pairs) - len(moved),
        only_here=tuple(only_here[:most]),
        only_there=tuple(only_there[:most]),
        moved=tuple(moved[:most]),
        left_out=sum(max(0, len(each) - most) for each in (only_here, only_there, moved)),
    )


def night_of(at: int) -> str:
    """The date of the evening on which the night began that a time lies in; empty by day."""
    here = _local(at)
    if NIGHT[1] <= here.hour < NIGHT[0]:
        return ""
    return (here if here.hour >= NIGHT[0] else here - timedelta(days=1)).date().isoformat()


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(VIETNAM)


def _begun(rule: str, device: Device, step: Step, levels: Graveness) -> Episode:
    known = levels.get(step.level)
    words = known.words if known else same_in_both(step.level)
    severity, threshold = (known.severity, known.threshold) if known else (4, None)
    missed = step.what == "missed"
    return Episode(rule, *device, step.level, words, severity, step.value, threshold, step.at, None, missed, 0, (step,))


def _with(episode: Episode, step: Step, levels: Graveness) -> Episode:
    """One step further; the level is the gravest that it had."""
    episode = replace(episode, steps=(*episode.steps, step))
    if step.what in OVER:
        return replace(episode, cleared_at=step.at)
    names = list(levels)
    if step.level in names and (episode.level not in names or names.index(step.level) > names.index(episode.level)):
        known = levels[step.level]
        episode = replace(episode, level=step.level, level_shown=known.words, severity=known.severity)
        return replace(episode, threshold=known.threshold, value=step.value)
    return episode


def _shape(episode: Episode) -> tuple[object, ...]:
    return episode.raised_at, episode.cleared_at, episode.level, episode.missed


def _matched(
    here: Sequence[Episode], there: Sequence[Episode]
) -> tuple[list[tuple[Episode, Episode]], list[Episode], list[Episode]]:
    """Pairs of one device that overlap or begin close together, each in at most one pair; and what is left of both."""
    others: defaultdict[tuple[str, str], list[Episode]] = defaultdict(list)
    for each in there:
        others[each.gateway, each.device].append(each)
    pairs, alone = [], []
    for each in here:
        found = min(_candidates(each, others[each.gateway, each.device]), default=None)
        if found is None:
            alone.append(each)
        else:
            pairs.append((each, others[each.gateway, each.device].pop(found[1])))
    left = sorted((each for rest in others.values() for each in rest), key=lambda each: each.raised_at)
    return pairs, alone, left


def _candidates(one: Episode, others: Sequence[Episode]) -> Iterator[tuple[int, int]]:
    """How far apart their beginnings are, and which of the others it is."""
    for place, other in enumerate(others):
        apart = abs(one.raised_at - other.raised_at)
        begins_within = one.raised_at <= _end(other) and other.raised_at <= _end(one)
        if apart <= NEAR_MS or begins_within:
            yield apart, place


def _end(episode: Episode) -> float:
    return float("inf") if episode.cleared_at is None else episode.cleared_at
