"""The files of the sectors' pages: those of the province fit the catalogue, wrong ones are refused with every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.errors import ConfigurationError
from cloud.sectors.load import load_sectors
from cloud.sectors.plan import Chart, Figure, SectorPlan, Target
from device_profiles.load import FileFaultsError, load_catalogue
from tests.readme_check import ROOT, assert_documented

PROFILES = load_catalogue().profiles


def test_the_provinces_sectors_fit_the_catalogue_and_name_their_sources() -> None:
    plans = load_sectors(ROOT / "deploy/sectors", PROFILES)
    ids = [plan.id for plan in plans]
    assert ids[:3] == ["education", "health", "tourism"]
    assert {"market", "lighting", "waste", "traffic", "agriculture", "kiosks", "network"} <= set(ids)
    assert all(plan.owner and plan.source and plan.figures and plan.charts for plan in plans)
    assert not any(each.target.confirmed for plan in plans for each in plan.figures if each.target)


def test_without_a_folder_each_component_project_has_a_page_with_all_its_devices() -> None:
    plans = load_sectors(None, PROFILES)
    assert len(plans) == 13
    assert {name for plan in plans for name in plan.profiles} == {
        key for key, each in PROFILES.items() if not each.reports_as
    }


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "waste.toml").write_text(
        'id = "rubbish"\nname = { vi = "Rác", en = "Waste" }\nprofiles = ["waste_bin", "waste_bim"]\n'
        '[[figures]]\nname = { vi = "A", en = "A" }\nprofile = "waste_bin"\npoint = "fill"\nhow = "sum"\n'
        '[[figures]]\nname = { vi = "B", en = "B" }\nprofile = "air_node"\npoint = "pm25"\nhow = "sum"\n',
        encoding="utf-8",
    )
    (tmp_path / "other.toml").write_text(
        'id = "other"\nname = { vi = "X", en = "X" }\nprofiles = ["waste_bin"]\n'
        '[[figures]]\nname = { vi = "A", en = "A" }\nprofile = "waste_bin"\npoint = "fill_pct"\nhow = "count"\n',
        encoding="utf-8",
    )
    with pytest.raises(FileFaultsError) as caught:
        load_sectors(tmp_path, PROFILES)
    text = str(caught.value)
    for said in ("'rubbish'", "waste_bim", "no point 'fill'", "'air_node'", "count and share"):
        assert said in text


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        load_sectors(tmp_path / "nothing", PROFILES)


def test_the_readme_names_every_field() -> None:
    assert_documented("cloud/sectors", SectorPlan, Figure, Chart, Target)
