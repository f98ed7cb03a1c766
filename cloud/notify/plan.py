"""What one look at the due notices comes to: who is told now, what is gathered, and what waits until when. Pure.

```
 due ─▶ share ─▶ mute ─▶ way ───────▶ group ─▶ deduplicate ─▶ limit ─▶ send (lane.py)
        team to  quiet   a channel    10 s     one line       permits, else
        persons  hours   that works            an alarm       one digest
```
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cloud.notify.chain import Terms, chain_of
from cloud.notify.digest import digest_of
from cloud.notify.lines import Item, Line, gather, read
from cloud.notify.recipient import person_of
from cloud.notify.share import share
from cloud.notify.standing import Moment, Parcel, Standing
from cloud.notify.way import Router, Way
from cloud.people.duty import quiet_until
from cloud.people.hours import at_hanoi
from cloud.people.people import CALL_LIST
from cloud.store.notice_port import AttemptRow, NoticeChange
from cloud.store.rows import NoticeRow


@dataclass(slots=True)
class Plan:
    """What to send by which channel, the gravest first, and what must be kept before. Mutable while it is made."""

    send: list[tuple[str, Item]] = field(default_factory=list)
    rows: list[NoticeRow] = field(default_factory=list)
    new: list[NoticeRow] = field(default_factory=list)
    attempts: list[AttemptRow] = field(default_factory=list)
    rewritten: list[NoticeRow] = field(default_factory=list)

    def change(self) -> NoticeChange:
        """All that must be kept before anything is sent."""
        return NoticeChange(tuple(self.rows), tuple(self.new), tuple(self.attempts), tuple(self.rewritten))


class Planner:
    """Makes plans. What it remembers of recipients between them may be lost: then they are told once too often."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._standings: dict[str, Standing] = {}

    def plan(self, due: Iterable[NoticeRow], ways: Mapping[str, Way], at: Moment) -> Plan:
        """What these notices come to. People may be replaced meanwhile: one plan keeps to those it began with."""
        plan, router = Plan(), Router(self.terms, ways, at.ms)
        fresh: dict[str, list[Item]] = {}
        for row in due:
            item = self._ready(row, router, plan)
            if item is not None and item.is_fresh and not ways.get(row.channel, Way()).alone:
                fresh.setdefault(row.channel, []).append(item)
            elif item is not None:
                self._hand_over(item, router, plan)
        for recipient, items in fresh.items():
            self._pack(recipient, gather(items), router, plan=plan, at=at)
        plan.send.sort(key=_urgency)
        return plan

    def _ready(self, row: NoticeRow, router: Router, plan: Plan) -> Item | None:
        """The notice, if it can go its way now; else what becomes of it is in the plan."""
        shared = share(row, router.terms.people, now=router.now)
        if shared is not None:
            plan.rows.extend(shared.rows)
            plan.new.extend(shared.new)
            return None
        item = read(row)
        muted = _muted(item, router.terms, router.now)
        if muted is not None:
            plan.rows.append(muted)
            return None
        step = router.find(item)
        plan.attempts.extend(step.attempts)
        if step.channel:
            return step.item
        plan.rows.append(step.item.row)
        return None

    def _pack(self, recipient: str, lines: Sequence[Line], router: Router, *, plan: Plan, at: Moment) -> None:
        person = router.terms.people.persons.get(person_of(recipient))
        language = person.language if person is not None else "vi"

        def digest(several: Sequence[Line], urgent: bool) -> NoticeRow:
            return digest_of(several, recipient, now=at.ms, language=language, urgent=urgent)

        parcel = Parcel(digest)
        standing = self._standings.setdefault(recipient, Standing(router.terms.pace))
        standing.pack(lines, parcel, at)
        plan.rows.extend(parcel.rows)
        plan.new.extend(parcel.new)
        plan.rewritten.extend(parcel.rewritten)
        for item in parcel.send:
            self._hand_over(item, router, plan)

    def _hand_over(self, item: Item, router: Router, plan: Plan) -> None:
        """To the channel, or to the call list."""
        channel = chain_of(item.row, router.terms.people)[item.row.step]
        if channel == CALL_LIST:
            plan.rows.append(router.on_call_list(item.row))
            return
        handed = replace(item.row, via=channel)  # kept first: what may have been sent never gets into a digest
        plan.rows.append(handed)
        plan.send.append((channel, Item(handed, item.content)))


def _muted(item: Item, terms: Terms, now: int) -> NoticeRow | None:
    """The notice, put off to the end of its recipient's quiet hours; None when it may disturb."""
    person = terms.people.persons.get(person_of(item.row.channel))
    if person is None or item.is_urgent or item.row.state != "pending":
        return None
    until = quiet_until(person, now)
    if until is None:
        return None
    return replace(item.row, due_at=until, error=f"quiet hours until {at_hanoi(until):%d/%m %H:%M}")


def _urgency(handed: tuple[str, Item]) -> tuple[bool, int, int, str]:
    item = handed[1]
    return not item.is_urgent, item.row.severity, item.row.created_at, item.row.key
