"""The pilots can be taken as they are: both programs load them, their rules pass, and the list to buy counts right."""

from __future__ import annotations

import importlib.util
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from cloud.__main__ import app as cloud_cli
from cloud.config import load_config
from cloud.inventory.load import load_inventory
from cloud.rules.load import load_rules, load_tests
from device_profiles.load import load_catalogue
from edge_agent.config import load_gateway
from edge_agent.planning import Plan, plan_for

SITES = Path(__file__).parents[2] / "deploy" / "sites"
PILOTS = sorted(SITES.glob("pilot-*"))
CATALOGUE = load_catalogue()
NOT_MEASURING = {"gateway", "lorawan_gateway"}  # of the list to buy: what is no device
EACH = pytest.mark.parametrize("pilot", PILOTS, ids=lambda path: path.name)


def _assembling() -> ModuleType:
    spec = importlib.util.spec_from_file_location("assemble", SITES / "assemble.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _plans(pilot: Path) -> dict[str, Plan]:
    files = sorted((pilot / "gateways").glob("*.toml"))
    return {path.stem: plan_for(load_gateway(path), CATALOGUE, file=str(path)) for path in files}


@EACH
def test_a_pilot_comes_together_and_the_centre_takes_it(pilot: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pilot"
    _assembling().assemble(pilot, folder, CATALOGUE)
    centre = folder / "centre.toml"
    centre.write_text(centre.read_text(encoding="utf-8").replace("/var/lib/thacba-cloud", "data"), encoding="utf-8")
    checked = CliRunner().invoke(cloud_cli, ["check", "--config", str(centre)])
    assert checked.exit_code == 0, checked.output
    rules = load_rules(folder / "rules", CATALOGUE).rules
    assert set(load_tests(folder / "rules", rules)) == set(rules), "each rule comes with its tests, and all they name"
    assert (folder / "hardware.csv").read_text(encoding="utf-8-sig").startswith("for;vi;en;count;spares")
    assert (folder / "grafana" / "dashboards" / "thacba-flood.json").exists()
    assert load_config(centre).rules_dir == folder / "rules"


@EACH
def test_every_gateway_of_a_pilot_has_its_site_and_its_file(pilot: Path, tmp_path: Path) -> None:
    _assembling().assemble(pilot, tmp_path / "pilot", CATALOGUE)
    inventory = load_inventory(tmp_path / "pilot" / "sites")
    plans = _plans(pilot)
    assert set(inventory.gateways) == set(plans)
    assert all(name == plan.config.gateway.id and plan.devices for name, plan in plans.items())


@EACH
def test_no_two_devices_of_a_pilot_share_an_address(pilot: Path) -> None:
    addresses = Counter(
        address
        for plan in _plans(pilot).values()
        for device in plan.devices
        for name, address in device.connection.model_dump(mode="json").items()
        if name in ("host", "dev_eui") or (name == "url" and "//10." in str(address))
        if address
    )
    assert [address for address, times in addresses.items() if times > 1] == []


@EACH
def test_the_list_to_buy_counts_what_the_gateways_read(pilot: Path) -> None:
    hardware = _hardware(pilot)
    listed = {item["for"]: item["count"] for item in hardware["items"]}
    plans = _plans(pilot)
    used = Counter(device.profile for plan in plans.values() for device in plan.config.devices)
    assert listed["gateway"] == len(plans)
    heard_by_radio = [
        plan for plan in plans.values() if any(each.connection.kind == "lorawan" for each in plan.devices)
    ]
    assert listed["lorawan_gateway"] == len(heard_by_radio)
    assert set(listed) - NOT_MEASURING == set(used)
    feeds = {name for name, count in listed.items() if count == 0}  # come over the province's own platform
    assert {name: listed[name] for name in used if name not in feeds} == {
        name: count for name, count in used.items() if name not in feeds
    }
    assert hardware["confirmed"] is False
    for item in hardware["items"]:
        assert item["name"]["vi"] == unicodedata.normalize("NFC", item["name"]["vi"])
        assert not item["name"]["vi"].isascii()


@EACH
def test_what_a_pilot_measures_is_judged(pilot: Path, tmp_path: Path) -> None:
    module = _assembling()
    rules = module.rules_for(pilot, CATALOGUE)
    judged = {_rule(name).get("selector", {}).get("profile") for name in rules}
    assert module.measurements(pilot, CATALOGUE) <= judged


def _hardware(pilot: Path) -> dict[str, Any]:
    return tomllib.loads((pilot / "hardware.toml").read_text(encoding="utf-8"))


def _rule(name: str) -> dict[str, Any]:
    return tomllib.loads((SITES.parent / "rules" / f"{name}.toml").read_text(encoding="utf-8"))
