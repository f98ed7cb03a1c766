"""Every story raises the alarms that belong to it, and none that does not, by the rules of deploy/rules."""

from __future__ import annotations

import pytest

from simulators.province.fleet import by_id, fleet, gateways
from simulators.province.places import all_communes
from simulators.province.province import Province
from simulators.scenarios.scenario import read_scenario, scenario_names
from tests.deploy.rules.province import RULES
from tests.simulators.verdict import forbidden, missing, rules_of, told

STORIES = (
    "bualoi_2025", "cold_chain_night", "false_alarm_2024", "harvest_festival", "network_attack", "quiet_day",
    "son_tinh_2018", "straw_burning", "valley_power_cut", "yagi_2024",
)  # fmt: skip

HOURS = {"yagi_2024": 90}  # until after the peak; the week of its recession raises nothing new


def test_the_ten_stories_are_there() -> None:
    assert scenario_names() == STORIES


@pytest.mark.parametrize("name", STORIES)
def test_a_story_speaks_of_what_exists(name: str) -> None:
    story = read_scenario(name)
    places = {device.site for device in fleet()} | set(by_id()) | set(gateways()) | set(all_communes()) | {""}
    assert {each.device for each in story.faults} | {each.device for each in story.deeds} <= set(by_id())
    assert {area for cut in (*story.power_cuts, *story.link_cuts) for area in cut.areas} <= set(all_communes())
    assert {each.place for each in (*story.expected, *story.forbidden)} <= places
    for each in (*story.expected, *story.forbidden):
        levels = {level.name for rule in rules_of([each]) for level in RULES[rule].kind.levels}
        assert levels, each.rule
        assert each.level in {"", *levels}, each


@pytest.mark.parametrize("name", STORIES)
def test_a_story_raises_its_alarms_and_no_others(name: str) -> None:
    there = Province(read_scenario(name))
    awaited = [*there.expected, *there.forbidden]
    raised = told(there, awaited, hours=HOURS.get(name, 1e6))
    assert not missing(there.expected, raised)
    assert not forbidden(there.forbidden, raised)
