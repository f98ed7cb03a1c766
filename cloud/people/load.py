"""Reads the folder of people; every fault of every file at once, and never a phone number or an address in one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from cloud.people.people import CALL_LIST, People, PeopleFile, Person, Team
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import FileFaultsError, read_toml

NEEDS = {"email": "email", "sms": "phone", "zalo": "zalo", CALL_LIST: "phone"}  # kind of channel -> address


def load_people(folder: Path, *, channels: Mapping[str, str]) -> People:
    """Everybody in a folder; `channels`: their names and kinds. FileFaultsError names every fault of every file."""
    if not folder.is_dir():
        raise FileFaultsError([Fault(str(folder), "", "is not a folder")])
    faults: list[Fault] = []
    files: dict[str, PeopleFile] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            files[str(path)] = read_toml(path, PeopleFile)
        except FileFaultsError as error:
            faults.extend(error.faults)
    faults.extend(_twice(files))
    if faults:  # what a wrong file holds is unknown, and would make the others look wrong
        raise FileFaultsError(faults)
    people = People(
        {person.id: person for read in files.values() for person in read.persons},
        {team.id: team for read in files.values() for team in read.teams},
    )
    found = [fault for file, read in files.items() for fault in _faults_of(read, people, channels, file)]
    if found:
        raise FileFaultsError(found)
    return people


def _faults_of(read: PeopleFile, people: People, channels: Mapping[str, str], file: str) -> Iterator[Fault]:
    kinds = {**channels, CALL_LIST: CALL_LIST}
    for person in read.persons:
        yield from _person_faults(person, people, kinds, file)
    for team in read.teams:
        yield from _team_faults(team, people, file)


def _twice(files: Mapping[str, PeopleFile]) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for file, read in files.items():
        keys = [*(f"persons[{each.id}]" for each in read.persons), *(f"teams[{each.id}]" for each in read.teams)]
        for key in keys:
            if key in seen:
                yield Fault(file, f"{key}.id", f"stands in {seen[key]} already")
            seen[key] = file


def _person_faults(person: Person, people: People, kinds: Mapping[str, str], file: str) -> Iterator[Fault]:
    here = f"persons[{person.id}]"
    for channel in person.channels:
        if channel not in kinds:
            yield Fault(file, f"{here}.channels", f"{channel!r} is no channel", did_you_mean(channel, sorted(kinds)))
        elif (need := NEEDS.get(kinds[channel])) and not _has(person, need):
            yield Fault(file, f"{here}.{need}", f"is missing: {channel} needs it")
    for absence in person.absences:
        if absence.deputy == person.id:
            yield Fault(file, f"{here}.absences.deputy", "nobody is their own deputy")
        elif absence.deputy:
            yield from _unknown([absence.deputy], people.persons, file, f"{here}.absences.deputy")


def _has(person: Person, address: str) -> bool:
    return bool(getattr(person, address) or (address == "zalo" and person.phone))


def _team_faults(team: Team, people: People, file: str) -> Iterator[Fault]:
    here = f"teams[{team.id}]"
    shifts = [*team.shifts, *(shift for day in team.dates for shift in day.shifts)]
    yield from _unknown([each for shift in shifts for each in shift.persons], people.persons, file, f"{here}.shifts")
    kind, _, name = team.otherwise.partition(":")
    known: Collection[str] = people.persons if kind == "person" else people.teams
    unknown = list(_unknown([name], known, file, f"{here}.otherwise"))
    yield from unknown
    if not unknown and _is_a_ring(team, people):
        yield Fault(file, f"{here}.otherwise", "comes back to the same team: end at a person")


def _unknown(names: Collection[str], known: Collection[str], file: str, key: str) -> Iterator[Fault]:
    for name in sorted(set(names) - set(known)):
        yield Fault(file, key, f"there is no {name!r}", did_you_mean(name, sorted(known)))


def _is_a_ring(team: Team, people: People) -> bool:
    passed: set[str] = set()
    here: Team | None = team
    while here is not None and here.id not in passed:
        passed.add(here.id)
        kind, _, name = here.otherwise.partition(":")
        here = people.teams.get(name) if kind == "team" else None
    return here is not None
