"""Cases of test files: lines between facts, gaps, doubts, late arrivals, and restarts that change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.rules.case_readings import Row, Series
from cloud.rules.cases import Case, Cases
from cloud.rules.trial import try_case
from device_profiles.load import parse_toml
from tests.cloud.rules.builders import rule, stale_rule
from tests.readme_check import ROOT

HOLD = {
    "kind": "threshold",
    "unit": "m",
    "hold_s": 600,
    "levels": [{"name": "I", "severity": 3, "above": 30.0}],
}


def case(text: str) -> Case:
    """One case, from its text in a file."""
    other = '[[case]]\nname = "two"\nreadings = [[0, 1]]\nexpect = []'
    return parse_toml(f'[[case]]\nname = "one"\n{text}\n{other}', Cases).case[0]


def test_readings_by_date_stand_on_lines_between_facts_and_none_in_a_gap() -> None:
    told = case(
        "begin = 2024-09-08T07:00:00+07:00\nevery = 10\n"
        "readings = [[2024-09-08T07:05:00+07:00, 29.0], [2024-09-08T07:35:00+07:00, 29.3], "
        '[2024-09-08T07:40:00+07:00, "gap"], [2024-09-08T09:00:00+07:00, 30.0]]\n'
        'expect = ["2024-09-08T09:00 raised I"]'
    )
    stream = [
        ((reading.at - told.begin_ms) / 60_000, reading.value)
        for reading in told.stream("river_gauge_radar", "level_m")
    ]
    assert stream == [(5, 29.0), (10, 29.05), (20, 29.15), (30, 29.25), (35, 29.3), (120, 30.0)]
    assert try_case(rule(), told).fault == ""


def test_doubtful_and_bad_readings_raise_nothing() -> None:
    told = case('readings = [[0, 29.0], [10, 31.5, "uncertain:rate"], [20, "bad:timeout"], [30, 29.0]]\nexpect = []')
    assert try_case(rule(), told).fault == ""


def test_what_arrives_late_is_recorded_and_pages_nobody() -> None:
    told = case(
        "readings = [[0, 29.0], [120, 29.5]]\nrows = [{ at = 60, arrives = 130, value = 31.2 }]\n"
        'notices = 0\nexpect = ["60 missed II", "120 missed_end"]'
    )
    assert try_case(rule(), told).fault == ""


def test_notices_are_counted() -> None:
    told = case('readings = [[0, 30.5], [10, 31.2]]\nnotices = 1\nexpect = ["0 raised I", "10 escalated II"]')
    assert try_case(rule(), told).fault == "2 notices instead of 1"


def test_a_hold_ends_while_the_device_is_read_and_says_nothing_new() -> None:
    text = 'readings = [[0, 30.5]]\nuntil = 30\nread_until = 30\nexpect = ["10 raised I"]'
    assert try_case(rule(kind=HOLD), case(text)).fault == ""
    assert "nothing more" in try_case(rule(kind=HOLD), case(text.replace("read_until = 30\n", ""))).fault


def test_silence_is_judged_while_time_passes() -> None:
    told = case('readings = [[0, 30.5], [40, 30.5]]\nuntil = 60\nexpect = ["30 raised s1", "40 cleared s1"]')
    assert try_case(stale_rule(1800.0), told).fault == ""


def test_a_rule_that_says_too_much_or_something_else_fails() -> None:
    told = case('readings = [[0, 30.5], [10, 31.2]]\nexpect = ["0 raised I"]')
    assert try_case(rule(), told).fault == "the rule also said '10 escalated II'"
    told = case('readings = [[0, 30.5]]\nexpect = ["0 raised II"]')
    assert try_case(rule(), told).fault == "expected '0 raised II', the rule said '0 raised I'"


CAMERAS = {
    "kind": "n_of_m",
    "condition": {"below": 0.5},
    "within_s": 300,
    "levels": [{"name": "many", "severity": 2, "above": 3}],
}
STORY = """
with_rules = ["flood"]
until = 4
expect = ["3 raised many"]
notices = 1
[[case.series]]
devices = ["cam-1", "cam-2"]
readings = [[0, true], [2, false]]
[[case.series]]
devices = ["cam-3"]
gateway = "gateway-2"
readings = [[0, true], [3, false]]
[[case.series]]
devices = ["cam-4"]
site = "elsewhere"
readings = [[1, false]]
[[case.series]]
profile = "river_gauge_radar"
point = "level_m"
readings = [[0, 33.0]]
"""


def test_devices_of_several_kinds_and_places_tell_one_story_with_another_rule() -> None:
    lost = rule("lost", kind=CAMERAS, selector={"profile": "ip_camera", "point": "online"})
    assert try_case(lost, case(STORY), {"flood": rule()}).fault == ""
    assert try_case(lost, case(STORY), {"floods": rule()}).fault == (
        "with_rules: 'flood' is no rule here (did you mean 'floods'?)"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("expect = []", "needs readings, rows or series"),
        ("readings = [[2024-09-08T07:05:00+07:00, 29.0]]\nexpect = []", "need `begin`"),
        ("every = 0.001\nreadings = [[0, 1], [10000, 2]]\nexpect = []", "more than"),
        ("readings = [[0]]\nexpect = []", "a reading is"),
        ("readings = [[true, 1]]\nexpect = []", "neither a number of minutes"),
        ("readings = [[0, 1]]\nexpect = ['nan raised I']", "is not"),
    ],
)
def test_a_case_that_says_nothing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        case(text)


def test_two_cases_have_two_names() -> None:
    one = '[[case]]\nname = "one"\nreadings = [[0, 1]]\nexpect = []\n'
    with pytest.raises(ValueError, match="two cases are called one"):
        parse_toml(one + one, Cases)


def test_the_readme_of_the_rule_files_names_every_key_of_a_case() -> None:
    text = (Path(ROOT) / "deploy" / "rules" / "TESTS.md").read_text(encoding="utf-8")
    assert not [key for key in [*Case.model_fields, *Row.model_fields, *Series.model_fields] if f"`{key}`" not in text]
