"""The book of open alarms: exactly one per rule, gateway and device."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cloud.alarms.lifecycle import AlarmError, AlarmState, Trigger, after
from cloud.store.base import AlarmHistoryRow, AlarmRow

Key = tuple[str, str, str]  # rule, gateway, device

NOBODY = "–"
HISTORY_WORDS = {
    Trigger.RAISE: "raised",
    Trigger.ESCALATE: "escalated",
    Trigger.EASE: "eased",
    Trigger.CLEAR: "cleared",
    Trigger.ACKNOWLEDGE: "acknowledged",
    Trigger.LATCH: "latched",
    Trigger.RESET: "reset",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has found at one device: everything of an alarm that does not depend on its life."""

    rule: str
    rule_version: str
    site: str
    gateway: str
    device: str
    point: str
    level: str
    severity: int
    value: float | None
    threshold: float | None
    text_vi: str
    text_en: str

    @property
    def key(self) -> Key:
        """What there is at most one open alarm of."""
        return self.rule, self.gateway, self.device


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm as it stands now, and the line in its history that says why."""

    alarm: AlarmRow
    history: AlarmHistoryRow


class AlarmBook:
    """Holds the open alarms; every method returns what is to be kept, and keeps it itself.

    `latching`: the rules whose alarms stay, when their value has returned, until somebody resets them.
    `closed`: closed alarms that are opened again when their problem comes again, because it flaps.
    """

    def __init__(self) -> None:
        self.latching: frozenset[str] = frozenset()
        self.closed: Mapping[Key, AlarmRow] = {}
        self._by_key: dict[Key, AlarmRow] = {}
        self._by_id: dict[str, Key] = {}

    def __iter__(self) -> Iterator[AlarmRow]:
        return iter(list(self._by_key.values()))

    def restore(self, rows: Iterable[AlarmRow]) -> None:
        """Starts again from the open alarms that were kept."""
        self._by_key = {key_of(row): row for row in rows if row.open}
        self._by_id = {row.id: key for key, row in self._by_key.items()}

    def open_alarm(self, key: Key) -> AlarmRow | None:
        """The open alarm of this rule and device, if there is one."""
        return self._by_key.get(key)

    def by_id(self, identifier: str) -> AlarmRow | None:
        """The open alarm with this id, if there is one."""
        key = self._by_id.get(identifier)
        return None if key is None else self._by_key[key]

    def find(self, trigger: Trigger, finding: Finding, *, observed_at: int, received_at: int) -> Change:
        """Raises, escalates or eases the alarm of a finding; AlarmError when its life does not allow it."""
        row = self._by_key.get(finding.key) or self.closed.get(finding.key)
        row = row or new_alarm(finding, observed_at=observed_at, received_at=received_at)
        row = replace(
            row,
            state=after(row.state, trigger),
            open=True,
            rule_version=finding.rule_version,
            level=finding.level,
            severity=finding.severity,
            value=finding.value,
            threshold=finding.threshold,
            text_vi=finding.text_vi,
            text_en=finding.text_en,
            changed_at=received_at,
            cleared_at=None,
            acknowledged_at=None if trigger in (Trigger.RAISE, Trigger.ESCALATE) else row.acknowledged_at,
            acknowledged_by="" if trigger in (Trigger.RAISE, Trigger.ESCALATE) else row.acknowledged_by,
            activations=row.activations + (trigger is Trigger.RAISE),
        )
        return self._kept(row, trigger, at=received_at, observed_at=observed_at)

    def clear(self, key: Key, value: float | None, *, observed_at: int, received_at: int, comment: str = "") -> Change:
        """Ends the problem; the alarm stays open until somebody has acknowledged it, and reset it if it latches."""
        row = self._by_key.get(key)
        if row is None:
            raise AlarmError(f"no open alarm of {'/'.join(key)}")
        trigger = Trigger.LATCH if row.rule in self.latching else Trigger.CLEAR
        state = after(row.state, trigger)
        row = replace(
            row, state=state, open=state is not AlarmState.NORMAL, changed_at=received_at, cleared_at=observed_at
        )
        change = self._kept(row, trigger, at=received_at, observed_at=observed_at, comment=comment)
        return replace(change, history=replace(change.history, value=value))

    def amend(self, row: AlarmRow) -> None:
        """Says something else of an open alarm, which nothing has happened to."""
        self._by_key[key_of(row)] = row

    def acknowledge(self, identifier: str, *, actor: str, comment: str, now: int) -> Change:
        """Somebody has seen it; AlarmError when it is not open or already acknowledged."""
        row = self.by_id(identifier)
        if row is None:
            raise AlarmError(f"no open alarm {identifier}")
        state = after(row.state, Trigger.ACKNOWLEDGE)
        row = replace(
            row,
            state=state,
            open=state is not AlarmState.NORMAL,
            changed_at=now,
            acknowledged_at=now,
            acknowledged_by=actor,
        )
        return self._kept(row, Trigger.ACKNOWLEDGE, at=now, observed_at=now, actor=actor, comment=comment)

    def reset(self, identifier: str, *, actor: str, comment: str, now: int) -> Change:
        """Lets go of an alarm that latched; AlarmError when its problem lasts or nobody has acknowledged it."""
        row = self.by_id(identifier)
        if row is None:
            raise AlarmError(f"no open alarm {identifier}")
        row = replace(row, state=after(row.state, Trigger.RESET), open=False, changed_at=now)
        return self._kept(row, Trigger.RESET, at=now, observed_at=now, actor=actor, comment=comment)

    def assign(self, identifier: str, assignee: str, *, actor: str, comment: str, now: int) -> Change:
        """Makes an open alarm somebody's task; nobody's, when the name is empty."""
        row = self.by_id(identifier)
        if row is None:
            raise AlarmError(f"no open alarm {identifier}")
        row = replace(row, assignee=assignee, changed_at=now)
        self._by_key[key_of(row)] = row
        words = ": ".join(filter(None, (assignee or NOBODY, comment)))
        return Change(row, AlarmHistoryRow(row.id, now, now, "assigned", row.level, None, actor, words))

    def _kept(
        self, row: AlarmRow, trigger: Trigger, *, at: int, observed_at: int, actor: str = "", comment: str = ""
    ) -> Change:
        key = key_of(row)
        if row.open:
            self._by_key[key] = row
            self._by_id[row.id] = key
        else:
            self._by_key.pop(key, None)
            self._by_id.pop(row.id, None)
        line = AlarmHistoryRow(
            row.id, at, observed_at, HISTORY_WORDS[trigger], row.level, row.value, actor or "system", comment
        )
        return Change(row, line)


def key_of(row: AlarmRow) -> Key:
    """What an alarm is the alarm of."""
    return row.rule, row.gateway, row.device


def new_alarm(finding: Finding, *, observed_at: int, received_at: int) -> AlarmRow:
    """An alarm that has not begun yet: state normal."""
    return AlarmRow(
        id=alarm_id(finding.key, observed_at),
        rule=finding.rule,
        rule_version=finding.rule_version,
        site=finding.site,
        gateway=finding.gateway,
        device=finding.device,
        point=finding.point,
        state=AlarmState.NORMAL,
        open=False,
        level=finding.level,
        severity=finding.severity,
        value=finding.value,
        threshold=finding.threshold,
        text_vi=finding.text_vi,
        text_en=finding.text_en,
        raised_at=observed_at,
        received_at=received_at,
        changed_at=received_at,
        activations=0,
    )


def alarm_id(key: Key, observed_at: int) -> str:
    """An id that sorts by the time of raising and is the same however often the same readings are judged.

    ```
      019a8f3c2b10 5f2e9c01a7d3
      ms since 1970  BLAKE2 of rule, gateway, device
    ```
    """
    digest = hashlib.blake2s("\0".join(key).encode(), digest_size=6).hexdigest()
    return f"{observed_at:012x}{digest}"
