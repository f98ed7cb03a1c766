"""The kind `schedule`: within its hours it is a threshold, outside them it is nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.kinds.schedule import Schedule, began_of
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.ladder import IDLE
from tests.cloud.rules.builders import MINUTE, Kept, block, rule

LEVELS = [{"name": "on", "severity": 3, "above": 1}]
DAY: dict[str, Any] = {"start": "06:00", "end": "18:00"}
NIGHT: dict[str, Any] = {"start": "22:00", "end": "05:00", "days": ["fri"]}
LIGHT = {"kind": "schedule", "unit": "m", "hours": [DAY], "hold_s": 900, "levels": LEVELS}


def light(**more: object) -> Schedule:
    """On by day for a quarter of an hour."""
    return Schedule.model_validate({**LIGHT, **more})


def at(text: str) -> int:
    """A time at Hà Nội in milliseconds since 1970."""
    return round((datetime.fromisoformat(f"{text}+07:00")).timestamp() * 1000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": []},
        {"hours": [{"start": "6:00", "end": "18:00"}]},
        {"hours": [{"start": "06:00", "end": "24:00"}]},
        {"hours": [{"start": "06:00", "end": "06:00"}]},
        {"hours": [{**DAY, "days": ["monday"]}]},
        {"hours": [{**DAY, "months": [13]}]},
        {"levels": []},
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        light(**wrong)


@pytest.mark.parametrize(
    ("time", "began"),
    [
        ("2026-11-20T21:59", None),  # a Friday
        ("2026-11-20T22:00", "2026-11-20T22:00"),
        ("2026-11-21T04:59", "2026-11-20T22:00"),  # Friday's night
        ("2026-11-21T05:00", None),
        ("2026-11-21T23:00", None),
        ("2026-11-20T03:00", None),  # Thursday's night
    ],
)
def test_a_night_belongs_to_the_day_it_starts(time: str, began: str | None) -> None:
    assert began_of(light(hours=[NIGHT]).hours, at(time)) == (at(began) if began else None)


series = st.lists(st.tuples(st.integers(1, 600), st.booleans()), min_size=1, max_size=40)


@settings(deadline=None)
@given(series)
def test_it_is_a_threshold_within_its_hours_and_nothing_outside(steps: list[tuple[int, bool]]) -> None:
    kind = light()
    plain = Threshold.model_validate({"kind": "threshold", "unit": "m", "hold_s": 900, "levels": LEVELS})
    one = two = IDLE
    now = datetime(2026, 11, 19, 23, tzinfo=UTC)
    today = now
    for pause, on in steps:
        now += timedelta(minutes=pause)
        local = now + timedelta(hours=7)
        time = round(now.timestamp() * 1000)
        one = kind.step(one, time, on)
        if not 6 <= local.hour < 18:
            two = IDLE
        else:
            if local.date() != (today + timedelta(hours=7)).date() and not two.level:
                two = IDLE  # another day's hours
            two = plain.step(two, time, on)
            today = now
        assert (one.level, one.since) == (two.level, two.since)


def test_a_light_at_noon_is_one_alarm_that_ends_with_the_day_even_over_restarts() -> None:
    kept, noon = Kept(), rule("noon", kind=LIGHT)
    start = at("2026-11-20T17:20")
    for minute in range(0, 60, 5):
        kept.keep(kept.judge(noon).observe([block([(start + minute * MINUTE, True)])], received_at=start))
    assert [(line.what, line.observed_at) for line in kept.history] == [
        ("raised", at("2026-11-20T17:35")),
        ("cleared", at("2026-11-20T18:00")),
    ]
