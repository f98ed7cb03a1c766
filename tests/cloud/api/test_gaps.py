"""The gaps of a device's chart as the API tells them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.sample_fleet import HOUR_MS

GAUGE = "/api/v1/devices/gw-thao/gauge-yen-bai/gaps"


async def told(client: httpx.AsyncClient, path: str = GAUGE, **query: object) -> list[dict[str, Any]]:
    """The items of an answer."""
    answer = await client.get(path, params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_every_kind_of_gap_of_the_last_day_is_told(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    now = centre.clock.now_ms()
    items = {item["kind"]: item for item in await told(operator, point="level_m")}
    assert items.keys() == {"late", "doubtful", "dropped", "silent", "dead_lettered"}
    assert (items["dropped"]["reason"], items["dropped"]["readings"]) == ("full", 90)
    assert items["late"]["arrived_at"] == now - 3 * HOUR_MS + 2_460_000
    assert items["dead_lettered"]["reason"] == "unknown_profile"
    silent = items["silent"]
    assert now - 8 * HOUR_MS - 180_000 <= silent["begin"] < silent["end"] <= now - 7 * HOUR_MS + 180_000


async def test_a_cut_gateway_is_named_as_the_cause(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    items = await told(operator, "/api/v1/devices/gw-nghia-lo/lights-nghia-lo/gaps", point="p_w")
    assert (items[-1]["kind"], items[-1]["reason"]) == ("awaited", "held")
    now = centre.clock.now_ms()
    assert items[-1]["end"] == now
    assert now - 3 * HOUR_MS <= items[-1]["begin"] <= now - 3 * HOUR_MS + 180_000


async def test_what_an_old_epoch_still_holds_is_not_awaited(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    centre.epochs["gw-nghia-lo"] = "7e01"  # it got a new disk
    items = await told(operator, "/api/v1/devices/gw-nghia-lo/lights-nghia-lo/gaps", point="p_w")
    assert (items[-1]["kind"], items[-1]["reason"]) == ("awaited", "backlog")


async def test_a_battery_that_was_connected_ten_minutes_ago_was_not_silent_before(operator: httpx.AsyncClient) -> None:
    items = await told(operator, "/api/v1/devices/gw-thao/rain-yen-bai/gaps", point="batt_v")
    assert [item["kind"] for item in items] == ["dropped"]


async def test_a_discarded_letter_is_a_drop_and_a_retried_one_is_no_gap(
    clients: dict[str, httpx.AsyncClient], centre: FakeCentre
) -> None:
    engineer = clients["engineer"]
    letters = (await engineer.get("/api/v1/dead-letters")).json()["items"]
    by_reason = {letter["reason"]: letter["id"] for letter in letters}
    await engineer.post(f"/api/v1/dead-letters/{by_reason['unmapped_point']}/discard", json={"reason": "test"})
    await engineer.post(f"/api/v1/dead-letters/{by_reason['unknown_profile']}/retry")
    reasons = [(item["kind"], item["reason"]) for item in await told(engineer) if item["reason"]]
    assert ("dropped", "discarded") in reasons
    assert "dead_lettered" not in [kind for kind, _ in reasons]


async def test_the_range_is_obeyed_and_checked(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    now = centre.clock.now_ms()
    items = await told(operator, point="level_m", **{"from": now - 6 * HOUR_MS, "to": now - 4 * HOUR_MS})
    assert [item["kind"] for item in items] == ["dropped"]
    wrong = await operator.get(GAUGE, params={"from": now, "to": now - 1})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "range")


@pytest.mark.parametrize("query", ["?point=none", "?point=level_m&device=x"])
async def test_unknown_points_are_problems(operator: httpx.AsyncClient, query: str) -> None:
    answer = await operator.get(
        f"/api/v1/devices/gw-thao/{'none' if 'device' in query else 'gauge-yen-bai'}/gaps{query}"
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown")
