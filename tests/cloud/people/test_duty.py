"""Who is told: shifts past midnight, days that override the week, absence and deputies, and never nobody."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.people.duty import on_duty, quiet_until, stand_in
from cloud.people.hours import DAYS, HANOI, in_ms
from cloud.people.people import People, Person, Team


def at(text: str) -> int:
    """A time at Hà Nội in ms."""
    return in_ms(datetime.fromisoformat(text).replace(tzinfo=HANOI))


def person(identifier: str, **more: object) -> Person:
    return Person.model_validate({"id": identifier, "name": identifier, "channels": ("ops",), **more})


def team(identifier: str = "desk", otherwise: str = "person:chief", **more: object) -> Team:
    return Team.model_validate({"id": identifier, "name": {"vi": "Trực", "en": "Duty"}, "otherwise": otherwise, **more})


def shift(start: str, end: str, *persons: str, days: tuple[str, ...] = ()) -> dict[str, object]:
    return {"start": start, "end": end, "persons": persons, "days": days}


def people(*persons: Person, teams: tuple[Team, ...]) -> People:
    return People({each.id: each for each in persons}, {each.id: each for each in teams})


WEEK = team(
    shifts=(
        shift("06:00", "22:00", "an", days=("mon", "tue", "wed", "thu", "fri")),
        shift("22:00", "06:00", "binh", days=("fri",)),
        shift("00:00", "00:00", "cuong", days=("sun",)),
    ),
    dates=({"date": "2026-11-25", "shifts": (shift("08:00", "12:00", "binh"),)},),
)
ALL = people(*map(person, ("an", "binh", "cuong", "chief")), teams=(WEEK,))


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-11-27T21:59:59", ("an",)),  # Friday
        ("2026-11-27T22:00", ("binh",)),
        ("2026-11-28T05:59:59", ("binh",)),  # the night that began on Friday
        ("2026-11-28T06:00", ("chief",)),  # Saturday: nobody on duty
        ("2026-11-29T00:00", ("cuong",)),
        ("2026-11-30T00:00", ("chief",)),
        ("2026-11-25T07:00", ("chief",)),  # a fixed day overrides its Wednesday
        ("2026-11-25T11:59", ("binh",)),
        ("2026-11-25T13:00", ("chief",)),
    ],
)
def test_who_is_on_duty(moment: str, told: tuple[str, ...]) -> None:
    assert on_duty(ALL, "desk", at(moment)) == told


def test_an_absent_person_has_a_deputy_and_the_deputy_another_one() -> None:
    away = {"begin": "2026-11-23", "end": "2026-11-24"}
    house = people(
        person("an", absences=({**away, "deputy": "binh"},)),
        person("binh", absences=({"begin": "2026-11-24T08:00", "end": "2026-11-24T10:00", "deputy": "cuong"},)),
        person("cuong"),
        person("chief"),
        teams=(WEEK,),
    )
    assert on_duty(house, "desk", at("2026-11-23T07:00")) == ("binh",)
    assert on_duty(house, "desk", at("2026-11-24T09:00")) == ("cuong",)
    assert on_duty(house, "desk", at("2026-11-24T21:59")) == ("binh",), "the last day counts in full"
    assert stand_in(house, "an", at("2026-11-26T09:00")) == "an"


def test_a_shift_that_is_all_away_falls_to_the_other_team_and_at_last_to_somebody_who_is_away_too() -> None:
    away = {"begin": "2026-11-23", "end": "2026-11-29"}
    house = people(
        person("an", absences=({**away, "deputy": "binh"},)),
        person("binh", absences=({**away, "deputy": "an"},)),
        person("chief", absences=(away,)),
        teams=(team(otherwise="team:board", shifts=(shift("00:00", "00:00", "an", "binh"),)), team("board")),
    )
    assert on_duty(house, "desk", at("2026-11-25T09:00")) == ("chief",)


IDS = st.sampled_from(["an", "binh", "chief"])
CLOCK = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
SHIFTS = st.lists(
    st.builds(
        lambda start, end, who, days: shift(start, end, *who, days=tuple(days)),
        CLOCK,
        CLOCK,
        st.lists(IDS, min_size=1, max_size=2),
        st.lists(st.sampled_from(DAYS), max_size=3),
    ),
    max_size=3,
)
AWAY = st.lists(
    st.builds(
        lambda first, more, deputy: {
            "begin": f"2026-11-{first:02}",
            "end": f"2026-11-{min(30, first + more):02}",
            "deputy": deputy,
        },
        st.integers(1, 30),
        st.integers(0, 20),
        IDS | st.just(""),
    ),
    max_size=2,
)


@given(SHIFTS, SHIFTS, AWAY, AWAY, AWAY, st.integers(0, 30 * 1440))
def test_nobody_is_never_told(
    shifts: object, others: object, an: object, binh: object, chief: object, late: int
) -> None:
    persons = [person(name, absences=tuple(away)) for name, away in (("an", an), ("binh", binh), ("chief", chief))]  # type: ignore[arg-type]
    house = people(*persons, teams=(team(otherwise="team:board", shifts=shifts), team("board", shifts=others)))
    told = on_duty(house, "desk", at("2026-11-01") + late * 60_000)
    assert told
    assert len(set(told)) == len(told)


def test_quiet_hours_end_where_the_last_of_them_ends() -> None:
    sleeper = person(
        "an", quiet=({"start": "22:00", "end": "05:00"}, {"start": "04:00", "end": "07:30", "days": ("sat",)})
    )
    assert quiet_until(sleeper, at("2026-11-24T21:59")) is None
    assert quiet_until(sleeper, at("2026-11-24T23:00")) == at("2026-11-25T05:00")
    assert quiet_until(sleeper, at("2026-11-25T05:00")) is None
    assert quiet_until(sleeper, at("2026-11-27T23:00")) == at("2026-11-28T07:30")
    assert quiet_until(sleeper, at("2026-11-28T04:30")) == at("2026-11-28T07:30")


def test_quiet_hours_without_a_gap_end_all_the_same() -> None:
    begin = at("2026-11-24T23:00")
    until = quiet_until(person("an", quiet=({"start": "00:00", "end": "00:00"},)), begin)
    assert until is not None
    assert until - begin <= 8 * 86_400_000
