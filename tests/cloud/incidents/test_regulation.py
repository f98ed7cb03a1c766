"""The regulation of incidents as a file: shipped whole, and refused when it makes no sense."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cloud.incidents.proposal import PROPOSAL
from cloud.incidents.regulation import Regulation
from device_profiles.load import read_toml

SHIPPED = Path(__file__).parents[3] / "deploy" / "incidents" / "regulation.toml"


def changed(**more: object) -> Regulation:
    return Regulation.model_validate(PROPOSAL.model_dump() | more)


def test_the_shipped_file_says_what_holds_without_it_and_lists_the_holidays() -> None:
    shipped = read_toml(SHIPPED, Regulation)
    assert (shipped.severities, shipped.confirmed, shipped.source) == (PROPOSAL.severities, False, PROPOSAL.source)
    assert (shipped.office.days, shipped.office.hours) == (PROPOSAL.office.days, PROPOSAL.office.hours)
    assert {day.year for day in shipped.office.holidays} >= {2026, 2027}


def test_graver_ones_have_less_time() -> None:
    targets = [PROPOSAL.of(severity).targets_ms for severity in (1, 2, 3, 4)]
    for graver, milder in pairwise(targets):
        assert all(first <= second for first, second in zip(graver, milder, strict=True))


def test_who_is_meant_for_a_sector_or_area_goes_before_who_is_meant_for_all() -> None:
    rules = changed(
        tell=[
            {"tier": "department", "channels": ["sms", "team:all"]},
            {"tier": "department", "sectors": ["thiên tai"], "channels": ["team:nnmt"]},
            {"tier": "commune", "areas": ["132"], "channels": ["team:yen-bai"]},
        ]
    )
    assert rules.told("department", sector="y tế", area="132") == ("sms", "team:all")
    assert rules.told("department", sector="thiên tai", area="132") == ("team:nnmt",)
    assert rules.told("commune", sector="", area="132") == ("team:yen-bai",)
    assert rules.told("commune", sector="", area="1") == ()
    assert PROPOSAL.told("province", sector="", area="") == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"severities": PROPOSAL.model_dump()["severities"][:3]}, "each severity"),
        ({"office": {"hours": [{"start": "11:00", "end": "08:00"}]}}, "no time"),
        (
            {"office": {"hours": [{"start": "08:00", "end": "12:00"}, {"start": "11:00", "end": "13:00"}]}},
            "overlap",
        ),
        ({"office": {"hours": []}}, "at least 1"),
        ({"office": {"days": [], "hours": [{"start": "08:00", "end": "12:00"}]}}, "at least 1"),
    ],
)
def test_senseless_regulations_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        changed(**change)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"resolve_min": 1.0}, "earlier deadline"),
        ({"escalate": [{"tier": "province", "after": 1}, {"tier": "commune", "after": 2}]}, "does not rise"),
        ({"escalate": [{"tier": "commune", "after": 2}, {"tier": "province", "after": 1}]}, "does not rise"),
    ],
)
def test_a_severity_must_rise(change: dict[str, Any], says: str) -> None:
    first, *rest = PROPOSAL.model_dump()["severities"]
    with pytest.raises(ValidationError, match=says):
        changed(severities=[first | change, *rest])
