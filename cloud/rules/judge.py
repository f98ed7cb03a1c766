"""The judge: feeds readings, silence and people's actions to the rules and says what changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cloud.alarms.book import AlarmBook
from cloud.rules.rule_set import RuleSet
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns, NoticeRow, RuleStateRow
from device_profiles.schema import Text


@dataclass(frozen=True, slots=True)
class Judgement:
    """What changes: rows for one commit, and derived points for the reading store."""

    rule_states: Sequence[RuleStateRow] = ()
    alarms: Sequence[AlarmRow] = ()
    history: Sequence[AlarmHistoryRow] = ()
    notices: Sequence[NoticeRow] = ()
    derived: Sequence[Columns] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """What the judge must know of the inventory."""

    areas: Mapping[str, Collection[str]] = field(default_factory=dict)  # site -> its area and all above it
    sites: Mapping[str, str] = field(default_factory=dict)  # gateway -> site
    names: Mapping[str, Text] = field(default_factory=dict)  # site -> name


@dataclass(frozen=True, slots=True)
class NoticeOptions:
    """Which channels exist, and when news is too old to page anybody."""

    channels: tuple[str, ...] = ()
    late_s: float = 900.0
    public_url: str = ""


class Judge:
    """Single owner of rule standings and open alarms. Synchronous and without I/O.

    Changes become visible to others only through the returned rows; when their commit fails, build a new judge and
    `restore` it from the state store.
    """

    def __init__(
        self, rules: RuleSet, alarms: AlarmBook, *, places: Places | None = None, notices: NoticeOptions | None = None
    ) -> None:
        raise NotImplementedError

    def restore(self, states: Sequence[RuleStateRow], alarms: Sequence[AlarmRow]) -> None:
        """Takes up where the rows stand: every rule state, and every open alarm."""
        raise NotImplementedError

    def replace(self, rules: RuleSet, *, now: int) -> Judgement:
        """Goes on with another rule set; alarms of rules that are gone are cleared."""
        raise NotImplementedError

    def observe(self, columns: Sequence[Columns], *, received_at: int) -> Judgement:
        """Steps every matching rule through the good readings."""
        raise NotImplementedError

    def heard(self, gateway: str, device: str, profile: str, at: int) -> None:
        """Notes a sign of life that brought no reading (`read_at` of a health document); 0 = never."""
        raise NotImplementedError

    def tick(self, now: int) -> Judgement:
        """Judges silence. Call it about once a second, and only while the centre is listening."""
        raise NotImplementedError

    def acknowledge(self, alarm_id: str, *, actor: str, comment: str, now: int) -> Judgement:
        """Somebody has seen the alarm; AlarmError when it is not open or already acknowledged."""
        raise NotImplementedError

    def comment(self, alarm_id: str, *, actor: str, comment: str, now: int) -> Judgement:
        """Somebody remarks on the alarm, open or closed."""
        raise NotImplementedError
