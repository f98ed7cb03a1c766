"""Somebody who types without diacritics finds the same device models."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.load import load_catalogue
from device_profiles.schema import Sector
from device_profiles.search import folded, found
from device_profiles.sectors import NAMES

PROFILES = load_catalogue().profiles.values()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("đèn đường", "lamp_node"),
        ("tu chieu sang", "street_light_cabinet"),
        ("mực nước sông", "river_gauge_radar"),
        ("MUC NUOC SONG", "river_gauge_radar"),
        ("muc nuoc song ra da", "river_gauge_radar"),
        ("river radar", "river_gauge_radar"),
        ("tủ vac xin", "vaccine_fridge"),
        ("viec lam", "job_exchange"),
        ("sdm630", "power_meter_sdm630"),
    ],
)
def test_words_find_a_model_with_and_without_diacritics(query: str, first: str) -> None:
    hits = [each.profile for each in found(PROFILES, query)]
    assert first in hits[:3], hits


def test_the_spelling_of_letters_makes_no_difference() -> None:
    assert found(PROFILES, unicodedata.normalize("NFD", "mực nước")) == found(PROFILES, "mực nước")


def test_every_word_must_be_there_and_none_finds_all() -> None:
    assert found(PROFILES, "nước xyzzy") == []
    assert len(found(PROFILES, " ")) == len(list(PROFILES))


def test_a_sector_finds_its_models() -> None:
    hits = {each.profile for each in found(PROFILES, NAMES[Sector.LABOUR].vi)}
    assert {"job_exchange", "payout_point", "heat_stress_node"} <= hits


def test_every_sector_has_a_name_and_a_model() -> None:
    assert set(NAMES) == set(Sector) == {each.sector for each in PROFILES}
    assert len(list(PROFILES)) >= 50


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)
