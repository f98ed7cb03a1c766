"""What a rule is: which readings it looks at, of which kind it is, and what people are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from cloud.alarms.flap import FlapLimits
from cloud.rules.kinds.baseline import Baseline
from cloud.rules.kinds.combination import Combination
from cloud.rules.kinds.compare import Compare
from cloud.rules.kinds.expression import Expression
from cloud.rules.kinds.flat_line import FlatLine
from cloud.rules.kinds.n_of_m import NOfM
from cloud.rules.kinds.rate_of_change import RateOfChange
from cloud.rules.kinds.repeated import Repeated
from cloud.rules.kinds.schedule import Schedule
from cloud.rules.kinds.sequence import Succession
from cloud.rules.kinds.stale import Stale
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.kinds.window import Window
from cloud.rules.ladder import same_in_both
from cloud.rules.scope import Scope
from cloud.rules.selector import Selector
from device_profiles.schema import Identifier, Key, Strict, Text

PLACEHOLDERS = frozenset({"level", "value", "threshold", "unit", "site", "gateway", "device"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Kind = Annotated[
    Threshold
    | RateOfChange
    | Stale
    | FlatLine
    | Window
    | Repeated
    | Schedule
    | Baseline
    | NOfM
    | Combination
    | Compare
    | Succession
    | Expression,
    Field(discriminator="kind"),
]


class NoticePolicy(Strict):
    """Whom a rule's alarms are sent to."""

    channels: tuple[Identifier, ...] = Field(
        (), description="Channels; empty, and no teams = every configured channel."
    )
    teams: tuple[Identifier, ...] = Field((), description="Teams: whoever of them is on duty is told.")
    from_severity: int = Field(4, ge=1, le=4, description="Tell only of alarms so grave or graver; 4 = of all.")
    cleared: bool = Field(True, description="Whether the end of the alarm is a notice too.")


class FlapPolicy(Strict):
    """When an alarm that comes and goes is said to flap, and told once."""

    raises: int = Field(5, ge=0, le=100, description="Raised more often than this at one level; 0 = it never flaps.")
    within_s: float = Field(1800.0, ge=60, le=86400, description="Within this time.")
    calm_s: float = Field(1800.0, ge=60, le=86400, description="Not raised for so long, and it flaps no more.")

    @property
    def limits(self) -> FlapLimits:
        """The same as plain numbers."""
        return FlapLimits(self.raises, round(self.within_s * 1000), round(self.calm_s * 1000))


class Rule(Strict):
    """One rule as its file states it."""

    id: Key = Field(description="Identifier; also the name of the file.")
    version: int = Field(ge=1, description="Raised with every change.")
    text: Text = Field(description="What has happened; may hold {level} {value} {threshold} {unit} {device} ...")
    instruction: Text = Field(description="What the operator does first.")
    owner: str = Field(min_length=1, description="Department that owns the problem.")
    source: str = Field(min_length=1, description="Law, standard or person behind the thresholds.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed the thresholds.")
    selector: Selector = Field(
        default_factory=lambda: Selector.model_validate({}), description="Which readings it looks at."
    )
    kind: Kind = Field(description="How it judges.")
    notice: NoticePolicy = Field(
        default_factory=lambda: NoticePolicy.model_validate({}), description="Whom its alarms are sent to."
    )
    latch: bool = Field(False, description="Whether the alarm stays after the value's return, until it is reset.")
    flap: FlapPolicy = Field(
        default_factory=lambda: FlapPolicy.model_validate({}), description="When its alarms are said to flap."
    )
    unless: tuple[Key, ...] = Field(
        (), max_length=20, description="While one of these rules has an alarm near by, nobody is told of this one's."
    )
    unless_by: Scope | Literal[""] = Field(
        "", description="How far away that alarm may be; empty = at its site, gateway_away at its gateway."
    )
    folds: tuple[Key, ...] = Field(
        (), max_length=100, description="Alarms of these rules are part of this rule's alarm, which names them."
    )
    folds_by: Scope | Literal[""] = Field("", description="How far away they may be; empty = its group, or its site.")
    incident: bool = Field(False, description="Whether an alarm of severity 1 opens an incident by itself.")
    index: Literal["", "flood_level"] = Field("", description="Index that is derived with this rule's levels.")

    _places: tuple[Rule, ...] = PrivateAttr(())
    _named: Mapping[tuple[str, str], str] = PrivateAttr({})

    @property
    def places(self) -> tuple[Rule, ...]:
        """The rules that run: itself, or one for each site when the sites give its numbers."""
        return self._places or (self,)

    def at(self, site: str) -> Rule:
        """The rule as it runs at a site."""
        return next((each for each in self._places if site in each.selector.sites), self)

    def named(self, level: str, edge: str) -> str:
        """The attribute that gives a number of a level (`above`, `below`, `clear`); "" when the file does."""
        return self._named.get((level, edge), "")

    def words_of(self, level: str) -> Text:
        """What people read for a level; the name itself when the rule has no such level."""
        found = next((each for each in self.kind.levels if each.name == level), None)
        return found.words if found is not None else same_in_both(level)

    def at_places(self, places: Iterable[Rule], named: Mapping[tuple[str, str], str]) -> Rule:
        """The same rule, with what it is at each place."""
        rule = self.model_copy()
        rule._places, rule._named = tuple(places), dict(named)
        return rule

    @model_validator(mode="after")
    def _only_silence_needs_no_point(self) -> Self:
        if isinstance(self.kind, Combination):
            said = self.selector.model_fields_set - {"sites", "areas"}
            if said:
                raise ValueError(f"a combination looks at alarms: its selector has no {sorted(said)[0]}")
        elif not self.selector.profile:
            raise ValueError("selector.profile is missing")
        elif not self.selector.point and self.kind.kind != "stale":
            raise ValueError("selector.point is missing")
        if self.index and (self.kind.kind != "threshold" or self.kind.levels[0].above is None):
            raise ValueError("an index takes its levels from a threshold rule with `above`")
        return self

    @model_validator(mode="after")
    def _placeholders_are_known(self) -> Self:
        for text in (self.text.vi, self.text.en):
            unknown = sorted(set(_PLACEHOLDER.findall(text)) - PLACEHOLDERS)
            if unknown:
                raise ValueError(f"unknown placeholder {{{unknown[0]}}}; known: {', '.join(sorted(PLACEHOLDERS))}")
        return self


def filled(text: str, facts: dict[str, str]) -> str:
    """The text with its placeholders replaced by facts; never evaluates anything."""
    return _PLACEHOLDER.sub(lambda found: facts.get(found[1], found[0]), text)
