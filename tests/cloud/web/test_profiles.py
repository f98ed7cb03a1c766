"""The catalogue in the centre: found with and without diacritics, and told with what uses it."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre

HTML = {"Accept": "text/html"}


def models_in(page: str) -> list[str]:
    return re.findall(r'<td class="text"><a href="/profiles/([a-z0-9_]+)"', page)


@pytest.mark.parametrize("words", ["mực nước sông", "muc nuoc song", "MUC NUOC SONG", "river level"])
async def test_words_find_models_however_they_are_typed(operator: httpx.AsyncClient, words: str) -> None:
    page = await operator.get("/profiles", params={"q": words}, headers=HTML)
    assert models_in(page.text)[0] == "river_gauge_radar"
    said = (await operator.get("/api/v1/profiles", params={"q": words})).json()
    assert {each["id"] for each in said["items"]} == set(models_in(page.text))


async def test_every_model_is_listed_by_sector(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    assert set(models_in((await operator.get("/profiles", headers=HTML)).text)) <= set(centre.profiles)
    labour = (await operator.get("/profiles?sector=labour", headers=HTML)).text
    assert {"job_exchange", "payout_point", "heat_stress_node"} <= set(models_in(labour))
    assert "river_gauge_radar" not in models_in(labour)
    modbus = (await operator.get("/api/v1/profiles", params={"protocol": "modbus", "limit": 500})).json()["items"]
    assert {each["protocol"] for each in modbus} == {"modbus"}


async def test_pages_of_models_fit_together(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        asked = f"limit=20&cursor={cursor}" if cursor else "limit=20"
        answer = (await operator.get(f"/api/v1/profiles?{asked}")).json()
        seen += [each["id"] for each in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(centre.profiles)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_model_tells_where_its_points_lie_and_what_uses_it(operator: httpx.AsyncClient, language: str) -> None:
    operator.cookies.set("thacba_language", language)
    page = (await operator.get("/profiles/river_gauge_radar", headers=HTML)).text
    assert ("Mực nước" if language == "vi" else "Water level") in page
    assert "f32" in page
    assert 'href="/devices/gw-thao/gauge-yen-bai"' in page
    assert 'href="/rules/' in page
    said = (await operator.get("/api/v1/profiles/river_gauge_radar")).json()
    assert said["view"]["devices"] >= 1
    assert said["rules"]


async def test_what_is_not_there_says_so(operator: httpx.AsyncClient) -> None:
    assert (await operator.get("/api/v1/profiles/none_such")).status_code == 404
    page = await operator.get("/profiles?q=xyzzy<script>alert(1)</script>", headers=HTML)
    assert models_in(page.text) == []
    assert "<script>alert" not in page.text


async def test_models_are_not_for_strangers(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/v1/profiles")).status_code == 401
