"""Stories for tests: the house's own, read once, and small ones for one effect."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from simulators.province.province import Province
from simulators.scenarios.scenario import ScenarioFile, read_scenario

VIETNAM = timezone(timedelta(hours=7))


@cache
def province(name: str) -> Province:
    """The province in one of the house's stories."""
    return Province(read_scenario(name))


def small(**happens: Any) -> Province:
    """A Tuesday and a Wednesday in August on which only this happens."""
    table = {
        "scenario": "small",
        "name": {"vi": "nhỏ", "en": "small"},
        "begin": "2026-08-11T00:00:00+07:00",
        "end": "2026-08-13T00:00:00+07:00",
        "hours_per_second": 1,
    }
    return Province(ScenarioFile.model_validate({**table, **happens}))


def ms(text: str) -> int:
    """A Vietnamese moment in ms since 1970 UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=VIETNAM).timestamp() * 1000)
