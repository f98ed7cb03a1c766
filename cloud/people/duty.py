"""Who is on duty, who stands in for whom, and who must not be disturbed: plain answers for a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from cloud.people.hours import DAY, at_hanoi, ends_at, in_ms, is_on, span_of
from cloud.people.people import People, Person, Shift, Team

MOST_QUIET = 7 * DAY  # quiet hours that leave no gap would be a notice that never comes


def on_duty(people: People, team: str, at: int) -> tuple[str, ...]:
    """The persons of a team who are told at a moment (ms since 1970 UTC); never nobody, for a team that is known."""
    moment = at_hanoi(at)
    target, passed = f"team:{team}", {""}
    while target not in passed:
        passed.add(target)
        kind, _, name = target.partition(":")
        if kind == "person":
            return (stand_in(people, name, at),)
        found = _present(people, _of_shifts(people.teams[name], moment), moment)
        if found:
            return found
        target = people.teams[name].otherwise
    return ()  # teams that wait for each other in a ring; no loaded file says so


def stand_in(people: People, person: str, at: int) -> str:
    """Who is told in place of somebody who is away: a deputy who is there, or else they themselves."""
    return next(iter(_present(people, [person], at_hanoi(at))), person)


def quiet_until(person: Person, at: int) -> int | None:
    """When the quiet hours end in which a moment lies; None when the person may be disturbed."""
    now = moment = at_hanoi(at)
    while moment - now < MOST_QUIET:
        end = max((end for hours in person.quiet if (end := ends_at(hours, moment))), default=None)
        if end is None:
            break
        moment = end
    return in_ms(moment) if moment > now else None


def _of_shifts(team: Team, moment: datetime) -> Iterator[str]:
    """Who is on duty by plan, whether they are away or not."""
    fixed = {each.date: each.shifts for each in team.dates}
    for day in (moment.date(), moment.date() - DAY):
        shifts: Iterable[Shift] = fixed.get(day.isoformat(), team.shifts)
        for shift in shifts:
            begin, end = span_of(shift, day)
            if is_on(shift, day) and begin <= moment < end:
                yield from shift.persons


def _present(people: People, persons: Iterable[str], moment: datetime) -> tuple[str, ...]:
    """Each of them once who is there; for the others their deputies, and the deputies' deputies."""
    found: dict[str, None] = {}
    for person in persons:
        name, passed = person, {""}
        while name not in passed:
            passed.add(name)
            deputy = _deputy(people.persons[name], moment)
            if deputy is None:
                found[name] = None
                break
            name = deputy
    return tuple(found)


def _deputy(person: Person, moment: datetime) -> str | None:
    """Who stands in for somebody: None when they are there, empty when nobody does."""
    for absence in person.absences:
        if absence.since() <= moment < absence.until():
            return absence.deputy
    return None
