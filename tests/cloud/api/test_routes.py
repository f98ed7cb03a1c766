"""The answers of the routes, as programs see them."""

from __future__ import annotations

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre


async def test_lists_come_in_pages_that_fit_together(operator: httpx.AsyncClient) -> None:
    whole = (await operator.get("/api/v1/devices", params={"limit": 500})).json()
    seen: list[dict[str, object]] = []
    cursor: str | None = None
    while True:
        page = (
            await operator.get("/api/v1/devices", params={"limit": 3, **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole["items"]
    assert whole["next"] is None
    assert len(seen) == 10


async def test_alarm_pages_fit_together(operator: httpx.AsyncClient) -> None:
    first = (await operator.get("/api/v1/alarms", params={"limit": 3})).json()
    rest = (await operator.get("/api/v1/alarms", params={"limit": 3, "cursor": first["next"]})).json()
    ids = [alarm["id"] for alarm in first["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 4
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"open": "true"}, 3),
        ({"open": "false"}, 1),
        ({"severity": 2}, 1),
        ({"site": "site-pvhcc"}, 1),
        ({"gateway": "x"}, 0),
    ],
)
async def test_alarms_are_filtered(operator: httpx.AsyncClient, filters: dict[str, str], count: int) -> None:
    assert len((await operator.get("/api/v1/alarms", params=filters)).json()["items"]) == count


async def test_acknowledging_is_remembered_with_comment_and_in_the_audit(
    operator: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    answer = await operator.post(f"/api/v1/alarms/{alarm['id']}/acknowledge", json={"comment": " Đã gọi phường "})
    assert answer.json()["state"] == "acked"
    assert answer.json()["acknowledged_by"] == "program-operator"
    detail = (await operator.get(f"/api/v1/alarms/{alarm['id']}")).json()
    assert [(row["what"], row["comment"]) for row in detail["history"]] == [
        ("raised", ""),
        ("acknowledged", "Đã gọi phường"),
    ]
    [row] = (await admin.get("/api/v1/audit")).json()["items"]
    assert (row["actor"], row["action"], row["target"]) == ("program-operator", "acknowledge", alarm["id"])
    again = await operator.post(f"/api/v1/alarms/{alarm['id']}/acknowledge", json={})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


async def test_commenting_needs_words(operator: httpx.AsyncClient) -> None:
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    address = f"/api/v1/alarms/{alarm['id']}/comment"
    assert (await operator.post(address, json={"comment": "  "})).status_code == 422
    assert (await operator.post(address, json={"comment": "nước đã tới mặt cầu"})).status_code == 200
    assert (await operator.get(f"/api/v1/alarms/{alarm['id']}")).json()["history"][-1]["what"] == "commented"


async def test_a_series_has_buckets_unit_and_thresholds(operator: httpx.AsyncClient) -> None:
    name = {"gateway": "gw-thao", "device": "gauge-yen-bai", "point": "level_m"}
    answer = (await operator.get("/api/v1/series", params=name)).json()
    assert answer["unit"] == "m"
    assert answer["step_ms"] == 180_000
    assert [level["level"] for level in answer["thresholds"]] == ["I", "II", "III"]
    assert 400 < len(answer["buckets"]) <= 480


@pytest.mark.parametrize("query", [{"begin": 10, "end": 5}, {"begin": 0, "end": 10_000_000, "step_ms": 1}])
async def test_a_series_of_no_or_too_many_buckets_is_refused(
    operator: httpx.AsyncClient, query: dict[str, int]
) -> None:
    name = {"gateway": "gw-thao", "device": "gauge-yen-bai", "point": "level_m"}
    answer = await operator.get("/api/v1/series", params={**name, **query})
    assert (answer.status_code, answer.json()["code"]) == (422, "range")


async def test_the_summary_balances(operator: httpx.AsyncClient) -> None:
    figures = (await operator.get("/api/v1/summary")).json()
    parts = ("stored", "dead_lettered", "dropped", "awaited")
    assert figures["accepted"] == sum(figures[part] for part in parts)
    assert (figures["alarms_open"], figures["alarms_unacknowledged"]) == (3, 3)
    assert (figures["gateways"], figures["gateways_online"], figures["devices"]) == (5, 2, 10)


async def test_commands_are_those_of_the_profile(clients: dict[str, httpx.AsyncClient], centre: FakeCentre) -> None:
    engineer = clients["engineer"]
    kiosk = {"gateway": "gw-pvhcc", "device": "kiosk-01"}
    sent = await engineer.post("/api/v1/commands", json={**kiosk, "verb": "show_message", "arguments": {"text": "Chờ"}})
    assert sent.json()["outcome"] == "done"
    assert centre.orders[0].arguments == {"text": "Chờ"}
    for wrong in ({"verb": "explode"}, {"verb": "reboot", "arguments": {"now": 1}}):
        answer = await engineer.post("/api/v1/commands", json={**kiosk, **wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "refused")
    assert [row.action for row in centre.state.audit(limit=9)] == ["command_outcome", "command"]


async def test_metrics_are_prometheus_text(operator: httpx.AsyncClient) -> None:
    answer = await operator.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'thacba_readings{state="awaited"} 41410\n' in answer.text
    assert "# TYPE thacba_rejected_total counter\nthacba_rejected_total 3\n" in answer.text


async def test_health_says_which_part_fails_but_not_why(stranger: httpx.AsyncClient, centre: FakeCentre) -> None:
    assert (await stranger.get("/healthz")).status_code == 200
    centre.broken["store"] = "cannot reach http://secret-host:8086"
    answer = await stranger.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"broker": True, "store": False, "state": True}
    assert "secret-host" not in answer.text


async def test_the_contract_describes_every_route_with_a_summary(operator: httpx.AsyncClient) -> None:
    document = (await operator.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) >= 20
    assert all(operation["summary"] for operation in operations)


@pytest.mark.parametrize(
    "path", ["gateways/none", "devices/gw-thao/none", "alarms/none", "series?gateway=a&device=b&point=c"]
)
async def test_unknown_things_are_problems(operator: httpx.AsyncClient, path: str) -> None:
    answer = await operator.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown"


@pytest.mark.parametrize("cursor", ["%%%", "\u0111", "_w"])
async def test_a_made_up_cursor_is_refused(operator: httpx.AsyncClient, cursor: str) -> None:
    answer = await operator.get("/api/v1/devices", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor")
