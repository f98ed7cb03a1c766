"""A set of rules that runs together: checked as a whole, refused as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from cloud.errors import ConfigurationError
from cloud.rules.inputs import check_inputs
from cloud.rules.kinds.baseline import Baseline
from cloud.rules.kinds.combination import Combination
from cloud.rules.kinds.compare import Compare
from cloud.rules.kinds.expression import Expression
from cloud.rules.kinds.flat_line import FlatLine
from cloud.rules.kinds.n_of_m import NOfM
from cloud.rules.kinds.repeated import Repeated
from cloud.rules.kinds.sequence import Succession
from cloud.rules.kinds.stale import Stale
from cloud.rules.rule import Rule
from cloud.rules.selector import Selector
from device_profiles.explain import Fault, did_you_mean
from device_profiles.schema import DeviceProfile, Point, PointType


class RuleSetError(ConfigurationError):
    """One or more rule files are wrong; none of them is used. The text has one line per fault."""

    def __init__(self, faults: Collection[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules by id, and the unit of the figures that each one judges."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def running(self) -> list[Rule]:
        """What the judge runs: each rule, and of one whose numbers the sites give, that of each site."""
        return [place for rule in self.rules.values() for place in rule.places]


def rule_set(rules: Collection[Rule]) -> RuleSet:
    """Rules that are already checked, as a set."""
    return RuleSet({rule.id: rule for rule in rules}, {rule.id: unit_of(rule) for rule in rules})


def check_rule(
    rule: Rule,
    profiles: Mapping[str, DeviceProfile],
    *,
    channels: Collection[str],
    teams: Collection[str] | None = (),
    file: str,
) -> Iterator[Fault]:
    """Everything about the rule that does not fit the device profiles, channels and teams."""
    for channel in rule.notice.channels:
        if channel not in channels:
            yield Fault(file, "notice.channels", f"{channel!r} is no channel", did_you_mean(channel, sorted(channels)))
    for team in rule.notice.teams:
        if teams is not None and team not in teams:
            yield Fault(file, "notice.teams", f"{team!r} is no team", did_you_mean(team, sorted(teams)))
    if not isinstance(rule.kind, Combination):
        yield from _check_selector(rule, profiles, file)
    if isinstance(rule.kind, Compare | Succession):
        yield from _check_other(rule.kind, rule.selector, profiles, file=file)
    if isinstance(rule.kind, Expression):
        yield from check_inputs(rule.kind, rule.selector, profiles, file=file)


def _check_selector(rule: Rule, profiles: Mapping[str, DeviceProfile], file: str) -> Iterator[Fault]:
    profile = profiles.get(rule.selector.profile)
    if profile is None:
        hint = did_you_mean(rule.selector.profile, sorted(profiles))
        yield Fault(file, "selector.profile", f"{rule.selector.profile!r} is no device profile", hint)
        return
    if not rule.selector.point:
        return
    point = profile.point(rule.selector.point)
    if point is None:
        hint = did_you_mean(rule.selector.point, [known.key for known in profile.points])
        yield Fault(file, "selector.point", f"{profile.profile} has no point {rule.selector.point!r}", hint)
    elif point.type is PointType.STRING and rule.kind.kind != "stale":
        yield Fault(file, "selector.point", f"{point.key} is a text; {rule.kind.kind} needs numbers")
    elif isinstance(rule.kind, Stale) and rule.kind.levels[0].after_s <= point.report.heartbeat_s:
        longest = point.report.heartbeat_s
        yield Fault(file, "kind.levels", f"an unchanged {point.key} may say nothing for {longest:.0f} s", "wait longer")
    elif not rule.kind.fits(point.unit):
        yield Fault(file, "kind.unit", f"{_stated_unit(rule)} does not fit {point.key}, which is in {point.unit}")
    if point is not None:
        yield from _check_pauses(rule, point, file)


def _check_other(
    kind: Compare | Succession, own: Selector, profiles: Mapping[str, DeviceProfile], *, file: str
) -> Iterator[Fault]:
    """The second input must be there, in the unit that the rule says, and come often enough."""
    other = kind.other or own
    if kind.other is not None and (kind.other.labels or kind.other.only_with):
        yield Fault(file, "kind.other", "takes no labels and no only_with", "name its sites or areas")
    profile = profiles.get(other.profile)
    if profile is None:
        hint = did_you_mean(other.profile, sorted(profiles))
        yield Fault(file, "kind.other.profile", f"{other.profile!r} is no device profile", hint)
        return
    point = profile.point(other.point)
    unit = (kind.other_unit or kind.unit) if isinstance(kind, Succession) else kind.unit
    if point is None:
        hint = did_you_mean(other.point, [known.key for known in profile.points])
        yield Fault(file, "kind.other.point", f"{profile.profile} has no point {other.point!r}", hint)
    elif point.type is PointType.STRING:
        yield Fault(file, "kind.other.point", f"{point.key} is a text; {kind.kind} needs numbers")
    elif point.unit != unit:
        yield Fault(file, "kind.other", f"{unit} does not fit {point.key}, which is in {point.unit}")
    elif isinstance(kind, Compare) and _is_same(own, kind.other) and not kind.is_against_own_past:
        yield Fault(file, "kind.other", "compares a point with itself", 'name its devices, or say against = "median"')
    elif isinstance(kind, Compare) and kind.max_age_s <= point.report.heartbeat_s:
        reason = f"an unchanged {point.key} may say nothing for {point.report.heartbeat_s:.0f} s"
        yield Fault(file, "kind.max_age_s", reason, "let a value be older")


def _is_same(own: Selector, other: Selector | None) -> bool:
    if other is None or (own.profile, own.point) != (other.profile, other.point):
        return False
    return not (other.devices or other.gateways or other.sites or other.areas)


def _check_pauses(rule: Rule, point: Point, file: str) -> Iterator[Fault]:
    """An unchanged point may be silent for a while; that must not end what a rule counts."""
    if isinstance(rule.kind, FlatLine):
        yield from _check_flat(rule.kind, point, file)
    if isinstance(rule.kind, NOfM) and rule.kind.within_s <= point.report.heartbeat_s:
        reason = f"an unchanged {point.key} may say nothing for {point.report.heartbeat_s:.0f} s"
        yield Fault(file, "kind.within_s", reason, "let a reading count for longer")


def _check_flat(kind: FlatLine, point: Point, file: str) -> Iterator[Fault]:
    """What the gateway does with an unchanged point must leave the rule something to judge."""
    heartbeat_s, doubted_s = point.report.heartbeat_s, point.limits.flat_s if point.limits else None
    if kind.gap_s <= heartbeat_s:
        reason = f"an unchanged {point.key} may say nothing for {heartbeat_s:.0f} s"
        yield Fault(file, "kind.gap_s", reason, "allow a longer pause")
    if doubted_s is not None and kind.levels[-1].after_s >= doubted_s:
        reason = f"a {point.key} that stands still for {doubted_s:.0f} s is uncertain and steps no rule"
        yield Fault(file, "kind.levels", reason, "wait less long")


def unit_of(rule: Rule) -> str:
    """The unit of the figures that the rule judges; what lasts is in seconds, how often is a plain number."""
    if isinstance(rule.kind, Repeated) or (isinstance(rule.kind, Baseline) and rule.kind.figure != "difference"):
        return "1"
    if isinstance(rule.kind, NOfM | Compare | Succession):
        return rule.kind.figure_unit
    return "s" if isinstance(rule.kind, FlatLine) else _stated_unit(rule)


def _stated_unit(rule: Rule) -> str:
    return "s" if isinstance(rule.kind, Stale) else rule.kind.unit
