"""What an action makes of an incident: a line of history, and the row that follows from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from cloud.incidents import deadlines as clocks
from cloud.incidents.deadlines import Deadlines
from cloud.incidents.proposal import PROPOSAL
from cloud.incidents.regulation import Regulation
from cloud.incidents.workflow import (
    CONCLUDES,
    ENDED,
    NEEDS_REASON,
    Conclusion,
    IncidentError,
    IncidentState,
    Move,
    after,
)
from cloud.store.incident_files_port import AttachmentRow
from cloud.store.incident_port import IncidentChange, IncidentHistoryRow, IncidentRow
from cloud.store.rows import NoticeRow

OPENED, COMMENTED, ABSORBED, JOINED, ESCALATED = "opened", "commented", "absorbed", "joined", "escalated"
ATTACHED, DETACHED = "attached", "detached"
REMARKS = (COMMENTED, JOINED, ATTACHED, DETACHED)  # they change nothing but the history


@dataclass(frozen=True, slots=True)
class Facts:
    """What a line of history changes beside the state; empty and None leave things as they are.

    `deadlines` and `tier` are not for people to say: what the regulation made of the action when it was taken.
    """

    title: str = ""
    sector: str = ""
    area: str = ""
    site: str = ""
    assignee: str = ""
    severity: int | None = None
    into: str = ""
    alarms: tuple[str, ...] = ()
    deadlines: Deadlines | None = None
    tier: int = 0
    conclusion: Conclusion | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Who acts, when, what they say and change, and the regulation that holds then."""

    actor: str
    at: int
    comment: str = ""
    facts: Facts = field(default_factory=Facts)
    rules: Regulation = PROPOSAL


def open_incident(action: Action) -> IncidentChange:
    """A new incident out of one or more alarms; the facts name title, severity and alarms."""
    facts = action.facts
    if not facts.alarms or facts.severity is None or not facts.title:
        raise IncidentError("an incident needs an alarm, a severity and a title")
    return _begun(action, facts.alarms[0], facts.severity)


def open_reported(action: Action, reference: str) -> IncidentChange:
    """A new incident out of what somebody reported: it has no alarm; the facts name title and severity."""
    facts = action.facts
    if facts.severity is None or not facts.title:
        raise IncidentError("an incident needs a severity and a title")
    return _begun(action, reference, facts.severity)


def move(row: IncidentRow, how: Move, action: Action) -> IncidentChange:
    """The incident after a move; IncidentError when the table or a missing word forbids it."""
    if how is Move.MERGE:
        raise IncidentError("a merge needs the incident that it goes into")
    if how in NEEDS_REASON and not action.comment:
        raise IncidentError(f"{how} needs a reason")
    if action.facts.conclusion and how not in CONCLUDES:
        raise IncidentError(f"{how} takes no conclusion: say it with {', '.join(sorted(CONCLUDES))}")
    if how is Move.DISPATCH and not (action.facts.assignee or row.assignee):
        raise IncidentError("dispatch needs an assignee")
    return _changed(row, how, action)


def comment(row: IncidentRow, action: Action) -> IncidentChange:
    """The incident with one more remark; also one that has ended may be remarked on."""
    return _changed(row, COMMENTED, action)


def attach(row: IncidentRow, action: Action, file: AttachmentRow) -> IncidentChange:
    """The incident with one more file, also when it has ended; the comment names it."""
    change = _changed(row, ATTACHED, replace(action, comment=f"{file.name}: {file.comment}".rstrip(": ")))
    line = change.history[0]
    file = replace(file, incident=row.id, number=line.number, at=line.at, actor=line.actor)
    return replace(change, attached=[file])


def detach(row: IncidentRow, action: Action, file: AttachmentRow) -> IncidentChange:
    """The incident without the content of a file; that there was one stays on record."""
    if file.gone_at is not None:
        raise IncidentError(f"file {file.number} is gone already")
    if not action.comment:
        raise IncidentError("taking a file away needs a reason")
    change = _changed(row, DETACHED, replace(action, comment=f"{file.name}: {action.comment}"))
    return replace(change, attached=[replace(file, gone_at=action.at)])


def join(row: IncidentRow, action: Action) -> IncidentChange:
    """The incident with more alarms."""
    if not row.open:
        raise IncidentError(f"an incident that is {row.state} takes no more alarms")
    return replace(_changed(row, JOINED, action), added=[(alarm, row.id) for alarm in action.facts.alarms])


def merge(row: IncidentRow, into: IncidentRow, action: Action) -> IncidentChange:
    """Two incidents become one: `row` is a duplicate from now on, its alarms (in the facts) go over to `into`."""
    if row.id == into.id or not into.open:
        raise IncidentError("an incident merges into another one that is open")
    facts = Facts(into=into.id, alarms=action.facts.alarms)
    gone = _line(row.id, row.revision + 1, Move.MERGE, replace(action, facts=facts))
    graver = min(row.severity, into.severity)  # of the two counts
    facts = replace(facts, into=row.id, severity=graver if graver != into.severity else None)
    facts = replace(facts, deadlines=_decided(into, ABSORBED, replace(action, facts=facts)))
    absorbed = _line(into.id, into.revision + 1, ABSORBED, replace(action, facts=facts))
    moved = [(alarm, into.id) for alarm in facts.alarms]
    return IncidentChange([apply(row, gone), apply(into, absorbed)], [gone, absorbed], moved=moved)


def escalate(row: IncidentRow, tier: clocks.Tier, *, at: int) -> IncidentChange:
    """The incident after people up to a tier were told that it is late."""
    return _changed(row, ESCALATED, Action("system", at, facts=Facts(tier=tier)))


def with_notices(change: IncidentChange, notices: Sequence[NoticeRow]) -> IncidentChange:
    """The same, with notices that go out when it is kept."""
    return replace(change, notices=notices)


def replay(history: Iterable[IncidentHistoryRow]) -> IncidentRow:
    """The incident that its history tells; IncidentError when the history is not whole."""
    row: IncidentRow | None = None
    for number, line in enumerate(history, 1):
        if line.number != number:
            raise IncidentError(f"line {number} of the history is missing")
        row = apply(row, line)
    if row is None:
        raise IncidentError("there is no history")
    return row


def apply(row: IncidentRow | None, line: IncidentHistoryRow) -> IncidentRow:
    """The row behind a line of history: the one place where incidents change."""
    facts = msgspec.json.decode(line.facts, type=Facts)
    if row is None:
        return _opened(line, facts)
    now = replace(row, changed_at=max(row.changed_at, line.at), revision=line.number)
    if line.what == ESCALATED:
        return replace(now, escalated_to=facts.tier)
    if line.what in (OPENED, *REMARKS):
        return now
    now = _described(now, facts)
    return now if line.what == ABSORBED else _moved(now, Move(line.what), facts, at=line.at)


def conclusion_of(history: Iterable[IncidentHistoryRow]) -> Conclusion | None:
    """What was said last of what it proved to be; whoever re-opens an incident takes it back."""
    said: Conclusion | None = None
    for line in history:
        if line.what == Move.REOPEN:
            said = None
        elif line.what in CONCLUDES:
            said = msgspec.json.decode(line.facts, type=Facts).conclusion or said
    return said


def deadlines_of(row: IncidentRow) -> Deadlines:
    """The deadlines in a row, as values."""
    return msgspec.json.decode(row.deadlines, type=Deadlines)


def tier_of(row: IncidentRow, now: int, rules: Regulation) -> clocks.Tier:
    """Up to whom it has been escalated by now; a pause holds the clock, the end stops it."""
    stopped = row.paused_at if row.ended_at is None else row.ended_at
    return clocks.tier(deadlines_of(row), rules, row.severity, now if stopped is None else stopped)


def incident_id(alarm: str, at: int) -> str:
    """12 hex digits of the time of opening and 12 of a hash of its first alarm, or report: ids sort by time."""
    return f"{at:012x}{hashlib.sha256(alarm.encode()).hexdigest()[:12]}"


def _begun(action: Action, seed: str, severity: int) -> IncidentChange:
    started = clocks.begin(action.rules, severity, action.at)
    action = replace(action, facts=replace(action.facts, deadlines=started))
    line = _line(incident_id(seed, action.at), 1, OPENED, action)
    return IncidentChange([apply(None, line)], [line], added=[(alarm, line.incident) for alarm in action.facts.alarms])


def _changed(row: IncidentRow, what: str, action: Action) -> IncidentChange:
    action = replace(action, facts=replace(action.facts, deadlines=_decided(row, what, action)))
    line = _line(row.id, row.revision + 1, what, action)
    return IncidentChange([apply(row, line)], [line])


def _decided(row: IncidentRow, what: str, action: Action) -> Deadlines | None:
    """The deadlines that an action sets by the regulation; None when it sets none."""
    if what in (*REMARKS, ESCALATED):
        return None
    deadlines, rules, severity = deadlines_of(row), action.rules, action.facts.severity or row.severity
    if severity != row.severity:
        deadlines = clocks.retarget(deadlines, rules, before=row.severity, after=severity)
    if what == Move.RESUME and row.paused_at is not None:
        clock = rules.clock_of(severity)
        deadlines = clocks.resume(deadlines, clock, paused_at=row.paused_at, at=max(row.paused_at, action.at))
    if what == Move.REOPEN:
        deadlines = clocks.reopen(rules, severity, action.at)
    return deadlines if deadlines != deadlines_of(row) else None


def _line(incident: str, number: int, what: str, action: Action) -> IncidentHistoryRow:
    facts = msgspec.json.encode(action.facts).decode()
    return IncidentHistoryRow(incident, number, action.at, str(what), action.actor, action.comment, facts)


def _opened(line: IncidentHistoryRow, facts: Facts) -> IncidentRow:
    if line.what != OPENED or facts.severity is None:
        raise IncidentError("a history begins with the opening")
    started = facts.deadlines or clocks.begin(PROPOSAL, facts.severity, line.at)  # older lines do not say it
    return IncidentRow(
        id=line.incident, title=facts.title, sector=facts.sector, area=facts.area, site=facts.site,
        severity=facts.severity, state=IncidentState.NEW, open=True, assignee=facts.assignee, opened_at=line.at,
        opened_by=line.actor, changed_at=line.at, revision=line.number, deadlines=_text(started),
        next_due_at=clocks.next_due(started),
    )  # fmt: skip


def _described(row: IncidentRow, facts: Facts) -> IncidentRow:
    words = {name: getattr(facts, name) or getattr(row, name) for name in ("title", "sector", "area", "assignee")}
    row = replace(row, **words, severity=row.severity if facts.severity is None else facts.severity)
    return row if facts.deadlines is None else _clocked(row, facts.deadlines)


def _moved(row: IncidentRow, how: Move, facts: Facts, *, at: int) -> IncidentRow:
    state = after(row.state, how, waits_from=row.waits_from)
    deadlines = clocks.meet(deadlines_of(row), how, at)
    pausing = how is Move.PAUSE
    row = replace(
        row,
        state=state,
        open=state not in ENDED,
        waits_from=row.state if pausing else "",
        paused_at=at if pausing else None,
        ended_at=at if state in ENDED else None,
        merged_into=facts.into if how is Move.MERGE else row.merged_into,
        escalated_to=0 if how is Move.REOPEN else row.escalated_to,
    )
    return _clocked(row, deadlines)


def _clocked(row: IncidentRow, deadlines: Deadlines) -> IncidentRow:
    runs = row.open and row.paused_at is None
    return replace(row, deadlines=_text(deadlines), next_due_at=clocks.next_due(deadlines) if runs else None)


def _text(deadlines: Sequence[clocks.Deadline]) -> str:
    return msgspec.json.encode(deadlines).decode()
