"""The sites of the province: complete, in areas that exist, and with the alarm levels that the rules hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.inventory.load import load_inventory
from tests.deploy.rules.province import RULES

SITES = load_inventory(Path(__file__).parents[2] / "deploy" / "sites")
NUMBERS = {"I": 1, "II": 2, "III": 3}
FLOODS = [name for name in RULES if name.startswith("flood_") and RULES[name].selector.sites]


@pytest.mark.parametrize("name", FLOODS)
def test_a_stations_page_shows_the_levels_that_raise_alarms(name: str) -> None:
    (site,) = RULES[name].selector.sites
    attributes = SITES.sites[site].attributes
    kind = RULES[name].kind
    levels = {level.name: level.threshold for level in map(kind.level, range(1, len(kind.levels) + 1))}
    shown = {key: value for key, value in attributes.items() if key.startswith("flood_level_") and key.endswith("_m")}
    assert shown == {f"flood_level_{NUMBERS[level]}_m": height for level, height in levels.items() if level in NUMBERS}


def test_every_site_that_a_rule_names_exists() -> None:
    named = {site for rule in RULES.values() for site in rule.selector.sites}
    assert named <= set(SITES.sites)


def test_every_site_lies_in_an_area_of_today() -> None:
    for site in SITES.sites.values():
        area = SITES.areas[site.area]
        assert area.valid_to is None, f"{site.id} lies in {area.id}, which is history"
