"""Problems that are told as part of another one: while their cause has an alarm, people hear of the cause alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from cloud.alarms.book import Key, key_of
from cloud.notify.content import NoticeKind
from cloud.rules.absence import GONE
from cloud.rules.active import ActiveAlarms
from cloud.rules.groups_roster import kind_of
from cloud.rules.kinds.combination import Combination
from cloud.rules.rule import Rule
from cloud.rules.scope import Geography, Place, Scope, scoped
from cloud.store.base import AlarmHistoryRow, AlarmRow, RuleStateRow

WITHHELD = "@withheld/"  # the row of an alarm that nobody was told of is called so, followed by its rule
SUPPRESSED = "suppressed"
FOLDED_VI, FOLDED_EN = " Gộp vào cảnh báo này: ", " Folded into this alarm: "
NAMED = 100


@dataclass(frozen=True, slots=True)
class Cause:
    """A rule that others are quiet for while it has an alarm in a place as wide as this around them."""

    rule: str
    by: Scope


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an alarm is quiet: the rule of its cause, and the cause's alarm, which may be about to come (None)."""

    rule: str
    alarm: AlarmRow | None


@dataclass(frozen=True, slots=True)
class Folded:
    """The rules whose alarms are part of a cause's, in a place as wide as this around it."""

    rules: tuple[str, ...]
    by: Scope


@dataclass(frozen=True, slots=True)
class Withheld:
    """An alarm that nobody was told of; `ended` is when its cause was first seen to be over, 0 = it lasts.

    `worse`: people have been told of it before, and only not that it has become worse.
    """

    alarm: str
    ended: int = 0
    worse: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What becomes of news: whether people are kept from it, and what is written down."""

    quiet: bool
    lines: tuple[AlarmHistoryRow, ...] = ()
    rows: tuple[RuleStateRow, ...] = ()
    cause: AlarmRow | None = None


class Causes:
    """Which alarms last, which rules are quiet for which, and what was withheld. Mutable; the judge owns it."""

    def __init__(self, geography: Geography, suppressed: set[Key] | None = None) -> None:
        self.suppressed: set[Key] = set() if suppressed is None else suppressed  # what is withheld, for all to see
        self.active = ActiveAlarms(geography)
        self.is_pending: Callable[[str, Sequence[Place], int], bool] = lambda rule, around, now: False
        self._causes: dict[str, list[Cause]] = {}  # by the rule that is quiet
        self._folds: dict[str, Folded] = {}  # by the rule of the cause
        self._withheld: dict[Key, Withheld] = {}

    def take(self, rules: Collection[Rule]) -> None:
        """Goes on with these rules."""
        self._causes = {}
        for rule in rules:
            for name in rule.unless:
                self._causes.setdefault(rule.id, []).append(Cause(name, _quiet_by(rule, name)))
            for name in rule.folds:
                self._causes.setdefault(name, []).append(Cause(rule.id, folded_by(rule)))
        self._folds = {rule.id: Folded(rule.folds, folded_by(rule)) for rule in rules if rule.folds}
        behind = tuple(rule.id for rule in rules if GONE in rule.unless)
        self._folds[GONE] = Folded(behind, "gateway")

    def restore(self, states: Iterable[RuleStateRow], alarms: Iterable[AlarmRow]) -> None:
        """Starts again from the rows that were kept."""
        self.active.restore(alarms)
        self._withheld = {
            (row.rule.removeprefix(WITHHELD), row.gateway, row.device): msgspec.json.decode(row.state, type=Withheld)
            for row in states
            if row.rule.startswith(WITHHELD) and row.state
        }
        self.suppressed.clear()
        self.suppressed.update(self._withheld)

    def of(self, key: Key, site: str, *, now: int) -> Reason | None:
        """What this problem is told as part of; also while its cause is being held, and nobody knows yet."""
        causes = self._causes.get(key[0])
        if not causes:
            return None
        around = self.active.geography.around((key[1], key[2]), site)
        for cause in causes:
            places = scoped(around, cause.by)
            begin = around.index(places[0]) if places else 0
            alarm = next((each for each in self.active.near(cause.rule, around[begin:])), None)
            if alarm is not None or self.is_pending(cause.rule, around[begin:], now):
                return Reason(cause.rule, alarm)
        return None

    def hear(self, alarm: AlarmRow, kind: NoticeKind, *, now: int, begins: Callable[[], bool]) -> Heard:
        """Decides on news of an alarm, that it `begins` or becomes worse, or ends: this is told when the begin was."""
        key = key_of(alarm)
        known = self._withheld.get(key)
        reason = self.of(key, alarm.site, now=now) if kind == "raised" else None
        if reason is None:
            is_unknown = known is not None and not known.worse
            return Heard(quiet=is_unknown and kind != "raised", rows=self.forget(key))
        cause = reason.alarm
        row = self._put(key, Withheld(alarm.id, worse=not begins() if known is None else known.worse))
        if known is not None:
            return Heard(quiet=True, rows=(row,))
        comment = f"{reason.rule} {cause.id}" if cause is not None else reason.rule
        line = AlarmHistoryRow(alarm.id, now, now, SUPPRESSED, alarm.level, None, "system", comment)
        return Heard(quiet=True, lines=(line,), rows=(row,), cause=cause)

    def withheld(self) -> list[tuple[Key, Withheld]]:
        """Every alarm that nobody was told of."""
        return sorted(self._withheld.items())

    def ended(self, key: Key, at: int) -> RuleStateRow:
        """Notes when the cause of a withheld alarm was first seen to be over; 0 = it is back."""
        return self._put(key, replace(self._withheld[key], ended=at))

    def forget(self, key: Key) -> tuple[RuleStateRow, ...]:
        """A withheld alarm is told, or has become nothing to tell."""
        self.suppressed.discard(key)
        if self._withheld.pop(key, None) is None:
            return ()
        return (RuleStateRow(WITHHELD + key[0], key[1], key[2], None),)

    def named(self, alarm: AlarmRow) -> AlarmRow:
        """The alarm of a cause with the names of what it stands for; any other as it is."""
        folded = self._folds.get(alarm.rule)
        if folded is None or not folded.rules:
            return alarm
        names = list(self._names(folded, alarm))
        said = "; ".join(names[:NAMED]) + (f" (+{len(names) - NAMED})" if len(names) > NAMED else "")
        vi, en = alarm.text_vi.split(FOLDED_VI)[0], alarm.text_en.split(FOLDED_EN)[0]
        if names:
            vi, en = f"{vi}{FOLDED_VI}{said}", f"{en}{FOLDED_EN}{said}"
        return alarm if vi == alarm.text_vi else replace(alarm, text_vi=vi, text_en=en)

    def _names(self, folded: Folded, alarm: AlarmRow) -> Iterator[str]:
        around = self.active.around(alarm)
        places = scoped(around, folded.by) or around[:1]
        for name in folded.rules:
            for each in self.active.near(name, places[:1]):
                yield f"{name} {each.device}"

    def _put(self, key: Key, withheld: Withheld) -> RuleStateRow:
        self._withheld[key] = withheld
        self.suppressed.add(key)
        return RuleStateRow(WITHHELD + key[0], key[1], key[2], msgspec.json.encode(withheld).decode())


def folded_by(rule: Rule) -> Scope:
    """How far what a rule folds may be away: in the same group, or at the same site."""
    if rule.folds_by:
        return rule.folds_by
    kind = kind_of(rule)
    if isinstance(rule.kind, Combination):
        return rule.kind.by
    return kind.by if kind is not None and not kind.at_device else "site"


def _quiet_by(rule: Rule, cause: str) -> Scope:
    return rule.unless_by or ("gateway" if cause == GONE else "site")
