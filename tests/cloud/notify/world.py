"""A world of notices for the stages alone: rows in a dictionary, channels that answer as told, time in steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cloud.notify.chain import Terms, not_taken, refused, sent
from cloud.notify.content import encode_content
from cloud.notify.pace import Pace
from cloud.notify.plan import Planner
from cloud.notify.standing import Moment
from cloud.notify.way import Way
from cloud.people.people import People, Person, Team
from cloud.store.rows import NoticeRow
from tests.cloud.notify.contents import AT, content

PACE = Pace.model_validate({})
SECOND = 1000
NIGHT = AT + 16 * 3_600_000  # 23:00 at Hà Nội

Answer = Callable[[str, int], str]  # channel, now -> sent, failed, refused


def person(identifier: str, *channels: str, **more: object) -> Person:
    return Person.model_validate({"id": identifier, "name": identifier, "channels": channels or ("sms",), **more})


def team(identifier: str, otherwise: str, *persons: str) -> Team:
    shifts = ({"start": "00:00", "end": "00:00", "persons": persons},) if persons else ()
    name = {"vi": identifier, "en": identifier}
    return Team.model_validate({"id": identifier, "name": name, "otherwise": otherwise, "shifts": shifts})


def row(
    number: int, recipient: str = "ops", *, severity: int = 3, at: int = AT, kind: str = "raised", level: str = "I"
) -> NoticeRow:
    """A pending notice of an alarm."""
    key = f"alarm-{number}:{level if kind == 'raised' else kind}:{at}:{recipient}"
    said = content(key=key, alarm=f"alarm-{number}", severity=severity, kind=kind, level=level, observed_at=at)
    return NoticeRow(key, f"alarm-{number}", recipient, encode_content(said), at, at, severity=severity)


@dataclass
class World:
    """The store of notices as a dictionary, and channels that answer as they are told; time passes in steps."""

    terms: Terms = field(default_factory=Terms)
    answer: Answer = lambda _channel, _now: "sent"
    channels: tuple[str, ...] = ("ops", "sms", "mail", "zalo")
    rows: dict[str, NoticeRow] = field(default_factory=dict)
    told: list[tuple[int, str, NoticeRow]] = field(default_factory=list)  # when, channel, what
    attempts: list[tuple[str, str]] = field(default_factory=list)  # channel, outcome
    closed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.planner = Planner(self.terms)

    def add(self, *rows: NoticeRow) -> None:
        """The judge's commit; a key that is there already stays."""
        for each in rows:
            self.rows.setdefault(each.key, each)

    def look(self, now: int) -> None:
        """One look of the pipeline, and whatever it sends."""
        while True:
            due = [each for each in self.rows.values() if each.state in ("pending", "calling") and each.due_at <= now]
            if not due:
                return
            due.sort(key=lambda each: (each.severity, each.created_at, each.key))
            ways = {name: Way(until if (until := self.closed.get(name, 0)) > now else 0) for name in self.channels}
            plan = self.planner.plan(due, ways, Moment(now, now / 1000))
            self.add(*plan.new)
            self.rows.update({each.key: each for each in (*plan.rewritten, *plan.rows)})
            self.attempts.extend((each.channel, each.outcome) for each in plan.attempts)
            for channel, item in plan.send:
                tried = replace(item, row=replace(item.row, attempts=item.row.attempts + 1))
                outcome = self.answer(channel, now)
                self.attempts.append((channel, outcome))
                self.rows[item.row.key] = self._after(tried, channel, outcome, now)

    def _after(self, tried, channel: str, outcome: str, now: int) -> NoticeRow:  # type: ignore[no-untyped-def]
        if outcome == "sent":
            self.told.append((now, channel, tried.row))
            return sent(tried.row, channel)
        if outcome == "refused":
            return refused(tried.row, self.terms.people, error="never", now=now)
        self.closed[channel] = now + 5 * SECOND
        return not_taken(tried, self.terms, error="no", now=now, again_at=now + 5 * SECOND)

    def run(self, begin: int, seconds: int) -> None:
        """Looks once a second."""
        for second in range(seconds + 1):
            self.look(begin + second * SECOND)

    def states(self) -> Counter[str]:
        """How many notices are in each state."""
        return Counter(each.state for each in self.rows.values())


def terms(*persons: Person, teams: tuple[Team, ...] = (), **pace: float) -> Terms:
    people = People({each.id: each for each in persons}, {each.id: each for each in teams})
    return Terms(people, Pace.model_validate(pace))
