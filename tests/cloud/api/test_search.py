"""Search over everything: diacritics do not matter, and names come before the rest."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

from cloud.api.finding import rank, words_of

Clients = dict[str, AsyncClient]


async def ask(client: AsyncClient, query: str) -> dict[str, dict[str, Any]]:
    answer = await client.get("/api/v1/search", params={"q": query})
    assert answer.status_code == 200
    return {group["kind"]: group for group in answer.json()}


@pytest.mark.parametrize("typed", ["muc nuoc yen bai", "MỰC NƯỚC Yên Bái", "yen  bai muc nuoc"])
async def test_words_are_found_however_they_are_typed(clients: Clients, typed: str) -> None:
    found = await ask(clients["viewer"], typed)
    assert found["device"]["items"][0]["address"] == "/devices/gw-thao/gauge-yen-bai"
    assert found["alarm"]["total"] == 1


async def test_every_kind_is_found_with_the_page_where_it_is(clients: Clients) -> None:
    client = clients["viewer"]
    pages = {
        "giao duc": ("sector", "/sectors/education"),
        "dap thac ba": ("site", "/devices?site=site-thac-ba"),
        "tu song thao": ("gateway", "/gateways/gw-thao"),
        "phuong yen bai": ("area", "/map?area=132"),
        "cong to 3 pha": ("profile", "/profiles/power_meter_sdm630"),
    }
    for typed, (kind, address) in pages.items():
        assert (await ask(client, typed))[kind]["items"][0]["address"] == address, typed
        assert (await client.get(address)).status_code == 200
    assert (await ask(client, "flood_yen_bai"))["rule"]["items"]


async def test_nothing_is_asked_and_nothing_is_found(clients: Clients, stranger: AsyncClient) -> None:
    assert await ask(clients["viewer"], " - ") == {}
    assert await ask(clients["viewer"], "khong co gi nhu vay") == {}
    assert (await stranger.get("/api/v1/search?q=thao")).status_code == 401
    only = (await clients["viewer"].get("/api/v1/search?q=yen+bai&kind=device&limit=1")).json()
    assert [(group["kind"], group["total"] > 1, len(group["items"])) for group in only] == [("device", True, 1)]


def test_a_name_that_begins_so_comes_first() -> None:
    words = words_of("yen bai")
    ranks = [
        rank(words, ["Yên Bái"]),
        rank(words, ["Trạm Yên Bái"]),
        rank(words, ["Trạm 7"], ["phường Yên Bái"]),
    ]
    assert None not in ranks
    assert ranks == sorted(ranks, key=lambda each: each or (9, 9))
    assert rank(words, ["Nghĩa Lộ"]) is None
