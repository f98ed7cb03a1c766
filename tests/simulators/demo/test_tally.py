"""The figures of a demonstration: what agrees passes, what does not is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.demo.reckoning import expected_levels
from simulators.demo.tally import Figures, Step, faults_of, flood_notices, flood_steps
from simulators.demo.verifier import unequal
from simulators.scenarios.scenario import Playback, load_scenario

ALL = ("I", "II", "III")
GOOD = Figures(
    produced=2000,
    stored=2000,
    awaited=0,
    dropped=0,
    dead_lettered=0,
    devices=25,
    gateways=4,
    protocols=["camera", "http_json", "http_push", "kiosk", "modbus"],
    alarms_raised=1,
    flood_alarms=[Step("I", 1), Step("II", 2), Step("III", 3)],
    notices_sent=3,
    flood_notices={"I": 1, "II": 1, "III": 1},
    notices={"a": 1, "b": 1, "c": 1},
    seconds_to_first_reading=6.0,
    seconds=90.0,
    store="sqlite",
    broker="nats (embedded)",
)


def test_figures_that_agree_have_no_faults() -> None:
    assert faults_of(GOOD, expected_levels=ALL) == []
    assert GOOD.as_json()["flood_alarms"][0] == {"level": "I", "at": 1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stored": 1999}, "produced 2000 but stored 1999"),
        ({"awaited": 1}, "awaited is 1"),
        ({"dropped": 1, "stored": 1999}, "dropped is 1"),
        ({"dead_lettered": 2, "stored": 1998}, "dead_lettered is 2"),
        ({"produced": 0, "stored": 0}, "nothing was produced"),
        ({"flood_alarms": [Step("I", 1), Step("III", 2)]}, "flood alarms are"),
        ({"flood_alarms": []}, "flood alarms are"),
        ({"flood_notices": {"I": 1, "II": 2, "III": 1}}, "notices per flood level"),
        ({"restarts": 1, "flood_alarms": [Step("I", 1), Step("II", 2)]}, "flood alarms are"),
        ({"restarts": 1, "flood_alarms": [Step("II", 1), Step("I", 2), Step("III", 3)]}, "flood alarms are"),
        ({"notices": {"a": 2}}, "a notice came more than once"),
        ({"devices_unequal": {"gw/d": [3, 2]}}, "produced and stored differ"),
    ],
)
def test_what_does_not_agree_is_named(change: dict[str, object], words: str) -> None:
    (fault, *_) = faults_of(replace(GOOD, **change), expected_levels=ALL)  # type: ignore[arg-type]
    assert words in fault


def test_a_level_passed_during_an_outage_may_be_stepped_over() -> None:
    stepped = replace(
        GOOD, restarts=1, flood_alarms=[Step("I", 1), Step("III", 2)], flood_notices={"I": 1, "II": 0, "III": 1}
    )
    assert faults_of(stepped, expected_levels=ALL) == []


def test_only_steps_up_are_flood_alarms() -> None:
    history = [
        {"what": "raised", "level": "I", "at": 1},
        {"what": "acknowledged", "level": "I", "at": 2},
        {"what": "escalated", "level": "II", "at": 3},
        {"what": "eased", "level": "I", "at": 4},
    ]
    assert flood_steps(history) == [Step("I", 1), Step("II", 3)]


def test_flood_notices_count_what_came_for_the_flood_rule_and_went_up() -> None:
    notices = {
        "k1": {"rule": "flood", "kind": "raised", "level": "I"},
        "k2": {"rule": "flood", "kind": "cleared", "level": "I"},
        "k3": {"rule": "other", "kind": "raised", "level": "I"},
    }
    assert flood_notices(notices, {"k1": 2, "k2": 1, "k3": 1}, "flood") == {"I": 2, "II": 0, "III": 0}


def test_levels_are_expected_once_their_notices_had_time_to_come() -> None:
    playback = Playback(load_scenario("yagi_2024"), 0.65)
    assert expected_levels(playback, 5) == []
    assert expected_levels(playback, 28) == []
    assert expected_levels(playback, 60) == ["I", "II", "III"]


def test_devices_with_two_counts_are_listed() -> None:
    assert unequal({("g", "a"): 3, ("g", "b"): 1}, {("g", "a"): 3, ("g", "c"): 2}) == {"g/b": [1, 0], "g/c": [0, 2]}
