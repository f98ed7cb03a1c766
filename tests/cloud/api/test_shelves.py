"""Shelving through the API: by operators, with a reason and an end, listed and written down."""

from __future__ import annotations

import httpx

from tests.cloud.api.fake_centre import FakeCentre

HOUR_MS = 3_600_000


async def test_an_operator_shelves_an_alarm_sees_it_listed_and_takes_it_back(
    operator: httpx.AsyncClient, admin: httpx.AsyncClient, centre: FakeCentre
) -> None:
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    address, until = f"/api/v1/alarms/{alarm['id']}", centre.clock.now_ms() + HOUR_MS
    wish = {"reason": "  đang thay cảm biến ", "until": until}
    assert (await operator.post(f"{address}/shelve", json=wish)).status_code == 200
    [shelf] = (await operator.get("/api/v1/shelves")).json()["items"]
    assert (shelf["alarm"], shelf["until"], shelf["reason"]) == (alarm["id"], until, "đang thay cảm biến")
    assert shelf["actor"] == "program-operator"
    assert (await operator.post(f"{address}/unshelve", json={"comment": "xong"})).status_code == 200
    assert (await operator.get("/api/v1/shelves")).json()["items"] == []
    assert [row["what"] for row in (await operator.get(address)).json()["history"]][-2:] == ["shelved", "unshelved"]
    audit = (await admin.get("/api/v1/audit")).json()["items"]
    assert [(row["action"], row["detail"]) for row in audit] == [
        ("unshelve", "xong"),
        ("shelve", "đang thay cảm biến"),
    ]
    again = await operator.post(f"{address}/unshelve", json={})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


async def test_shelving_needs_a_reason_and_an_end(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    address, now = f"/api/v1/alarms/{alarm['id']}/shelve", centre.clock.now_ms()
    for wrong, status in (
        ({"reason": "  ", "until": now + HOUR_MS}, 422),
        ({"reason": "vì"}, 422),
        ({"reason": "vì", "until": now}, 409),
        ({"reason": "vì", "until": now + 8 * 24 * HOUR_MS}, 409),
    ):
        assert (await operator.post(address, json=wrong)).status_code == status
    assert (await operator.get("/api/v1/shelves")).json()["items"] == []
