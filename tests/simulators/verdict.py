"""The rules of deploy/rules on a story of the province: what the judge of the centre makes of it, without a broker."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from zlib import crc32

from cloud.rules.judge import Places
from cloud.rules.kinds.stale import Stale
from cloud.rules.rule import Rule
from cloud.rules.trial import Memory
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns
from device_profiles.schema import PointType
from simulators.province.fleet import PlacedDevice, fleet
from simulators.province.places import all_communes
from simulators.province.province import Province, models
from simulators.scenarios.story import Awaited
from tests.deploy.rules.province import RULES

STEP_MS = 60_000
SAMPLE = 16
TICK_MS = 600_000  # where no rule listens for silence


@dataclass(frozen=True, slots=True)
class Raised:
    """One level that an alarm reached."""

    rule: str
    level: str
    at_ms: int
    alarm: AlarmRow


def told(province: Province, awaited: Sequence[Awaited] = (), *, hours: float = 1e6) -> list[Raised]:
    """What the rules raise in the whole story; when alarms are named, from the devices and by the rules of these."""
    chosen = _with_causes(rules_of(awaited)) if awaited else list(RULES.values())
    devices = [device for device in fleet() if not awaited or _matters(device, awaited)]
    hears_silence = any(isinstance(rule.kind, Stale) for rule in chosen)
    end_ms = min(province.end_ms, province.begin_ms + round(hours * 3_600_000))
    memory = Memory()
    judge = memory.judge(chosen, _places())
    for at in range(province.begin_ms + STEP_MS, end_ms + 1, STEP_MS):
        if columns := list(_columns(province, devices, at)):
            memory.keep(judge.observe(columns, received_at=at))
        if hears_silence or at % TICK_MS == 0:
            memory.keep(judge.tick(at))
    assert not judge.faults
    return list(_raised(memory.history, memory.alarms))


def rules_of(awaited: Iterable[Awaited]) -> set[str]:
    """The rules that these alarms speak of."""
    return {rule for each in awaited for rule in RULES if each.matches_rule(rule)}


def missing(awaited: Iterable[Awaited], raised: Sequence[Raised]) -> list[Awaited]:
    """Alarms that should be there and are not."""
    return [each for each in awaited if not any(_is(each, one) for one in raised)]


def forbidden(awaited: Iterable[Awaited], raised: Sequence[Raised]) -> list[Raised]:
    """Alarms that should not be there."""
    return [one for each in awaited for one in raised if _is(each, one)]


def _is(awaited: Awaited, raised: Raised) -> bool:
    alarm = raised.alarm
    places = {alarm.site, alarm.gateway, alarm.device, *_areas_of(alarm)}
    return (
        awaited.matches_rule(raised.rule)
        and awaited.level in ("", raised.level)
        and awaited.place in ("", *places)
        and awaited.covers_ms(raised.at_ms)
    )


def _areas_of(alarm: AlarmRow) -> Sequence[str]:
    return _places().areas.get(alarm.site, ())


def _matters(device: PlacedDevice, awaited: Iterable[Awaited]) -> bool:
    """Whether an alarm that is awaited can come from a device: its model, and its place; every 16th for anywhere."""
    places = {device.id, device.gateway, device.site, device.area}
    if device.number % SAMPLE == 0:
        places.add("")
    return any(each.place in places and device.profile in _profiles(_with_causes(rules_of([each]))) for each in awaited)


def _raised(history: Iterable[AlarmHistoryRow], alarms: Mapping[str, AlarmRow]) -> Iterator[Raised]:
    for line in history:
        if line.what in ("raised", "escalated"):
            yield Raised(alarms[line.alarm].rule, line.level, line.observed_at, alarms[line.alarm])


def _columns(province: Province, devices: Sequence[PlacedDevice], at: int) -> Iterator[Columns]:
    """What arrives at the centre at this moment; a device whose clock is far off is not believed."""
    for device in devices:
        period = _period_ms(device.profile, province.scenario.step_s)
        if (at - _phase_ms(device.id, period)) % period or not province.link(device.gateway, at):
            continue
        values, quality = province.values(device.id, at), province.quality(device.id, at)
        good = {key: value for key, value in values.items() if not quality.get(key, "").startswith("bad:")}
        if good and province.observed_at(device.id, at) == at:
            yield Columns(
                site=device.site,
                gateway=device.gateway,
                device=device.id,
                profile=device.profile,
                times=[at],
                points={key: [value] for key, value in good.items()},
                quality={key: [(0, quality[key])] for key in good if key in quality},
                types=_types(device.profile),
            )


@cache
def _types(profile: str) -> Mapping[str, PointType]:
    return {point.key: point.type for point in models()[profile].points}


@cache
def _period_ms(profile: str, step_s: int) -> int:
    """As often as its model says, but not more often than the story asks for."""
    return max(round(models()[profile].period_s), step_s) * 1000


@cache
def _phase_ms(device: str, period_ms: int) -> int:
    """Devices do not speak all at once."""
    return crc32(device.encode()) % period_ms // 60_000 * 60_000


@cache
def _places() -> Places:
    sites = {device.gateway: device.site for device in fleet()}
    return Places(areas={device.site: _path(device.area) for device in fleet()}, sites=sites)


@cache
def _path(area: str) -> tuple[str, ...]:
    return area, all_communes()[area].parent


def _profiles(rules: Iterable[Rule]) -> set[str]:
    return {rule.selector.profile for rule in rules if rule.selector is not None}


@cache
def _causes(names: frozenset[str]) -> Sequence[Rule]:
    return tuple(_followed(names))


def _with_causes(names: Collection[str]) -> list[Rule]:
    """The rules, and those whose alarms they look at."""
    return list(_causes(frozenset(names)))


def _followed(names: Collection[str]) -> list[Rule]:
    wanted, found = list(names), dict[str, Rule]()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = RULES[name]
            wanted += [each.rule for each in getattr(RULES[name].kind, "alarms", ())]
            wanted += [*RULES[name].unless]
    return list(found.values())
