"""The files of an exercise are good files: for the centre, for agents, and for every scenario of the house."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from cloud.config import load_config
from cloud.inventory.load import load_inventory
from cloud.rules.load import load_rules
from cloud.settings import read_settings
from device_profiles.exercise_plan import ExpectedAlarm, ForbiddenAlarm
from device_profiles.load import load_catalogue
from edge_agent.config import load_gateway
from simulators.demo.broker import BrokerAccess
from simulators.demo.files import BROKER_PASSWORD
from simulators.exercise.files import Story, plan_of, write_agent, write_centre, write_places, write_wisdom
from simulators.exercise.real import real_gateways
from simulators.province.fleet import gateways
from simulators.province.province import Province
from simulators.scenarios.scenario import read_scenario, scenario_names

DEPLOY = Path(__file__).parents[3] / "deploy"
BROKER = BrokerAccess("mqtt://127.0.0.1:1883", "thacba", SecretStr("secret"))


def test_places_centre_and_agents_are_good_files(tmp_path: Path) -> None:
    catalogue, province = load_catalogue(), Province(read_scenario("yagi_2024"))
    story = Story("yagi_2024", province.begin_ms)
    write_places(tmp_path, DEPLOY, gateways())
    inventory = load_inventory(tmp_path / "sites")
    assert {entry.id for site in inventory.sites.values() for entry in site.gateways} >= set(gateways())
    centre = load_config(write_centre(tmp_path, story, port=8080, broker=BROKER, client="exercise"))
    assert centre.exercise is not None
    assert centre.exercise.begin_ms == province.begin_ms
    real = real_gateways(gateways(), catalogue, province.scenario)
    assert {catalogue[gateways()[name][0].profile].protocol for name in real} >= {"modbus", "http_json"}
    device = gateways()["gw-tram-yen-bai"][0]
    link = {"kind": "modbus", "host": "127.0.0.1", "port": 502, "unit": 1}
    agent = write_agent(tmp_path, story, "gw-tram-yen-bai", [(device, link)], broker=BROKER, command_key="")
    assert load_gateway(agent).exercise == centre.exercise


def test_the_centre_works_out_rain_rivers_air_and_water_and_shows_every_sector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BROKER_PASSWORD, "secret")
    story = Story("yagi_2024", Province(read_scenario("yagi_2024")).begin_ms)
    write_places(tmp_path, DEPLOY, gateways())
    write_wisdom(tmp_path, DEPLOY)
    settings = read_settings(write_centre(tmp_path, story, port=8080, broker=BROKER, client="exercise"))
    for profile in ("rain_gauge_tipping", "river_gauge_radar", "air_node", "water_sonde"):
        assert settings.indices.of(profile), profile
    assert {each.id for each in settings.sectors} == {path.stem for path in (DEPLOY / "sectors").glob("*.toml")}


@pytest.fixture(scope="module")
def rules() -> set[str]:
    """The rules of the province."""
    return set(load_rules(DEPLOY / "rules", load_catalogue(), channels=[], teams=None, inventory=None).rules)


@pytest.mark.parametrize("name", scenario_names())
def test_a_plan_names_rules_and_places_that_there_are(name: str, rules: set[str]) -> None:
    plan = plan_of(Province(read_scenario(name)))
    placed = [device for devices in gateways().values() for device in devices]
    places = {word for each in placed for word in (each.site, each.area, each.gateway, each.id)} | {"", "lao-cai"}
    wanted: list[ExpectedAlarm | ForbiddenAlarm] = [*plan.expected, *plan.forbidden]
    for each in wanted:
        assert plan.begin <= each.begin < each.end <= plan.end, each
        assert each.place in places, each
        assert "*" in each.rule or each.rule in rules, each
