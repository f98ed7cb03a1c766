"""What people do about alarms through the API: reset one that latched."""

from __future__ import annotations

import httpx

from tests.cloud.api.fake_centre import FakeCentre

Clients = dict[str, httpx.AsyncClient]


async def test_an_alarm_that_latched_is_reset_once_somebody_has_acknowledged_it(
    clients: Clients, centre: FakeCentre
) -> None:
    operator, now = clients["operator"], centre.clock.now_ms()
    row = centre.raise_alarm("I", at=now, severity=1, rule="siren", state="latched_unacked", cleared_at=now)
    address = f"/api/v1/alarms/{row.id}"
    early = await operator.post(f"{address}/reset", json={})
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    assert (await operator.post(f"{address}/acknowledge", json={})).json()["state"] == "latched"
    closed = (await operator.post(f"{address}/reset", json={"comment": "đã kiểm tra còi"})).json()
    assert (closed["state"], closed["open"]) == ("normal", False)
    history = (await operator.get(address)).json()["history"]
    assert (history[-1]["what"], history[-1]["comment"]) == ("reset", "đã kiểm tra còi")
    assert (await operator.post("/api/v1/alarms/none/reset", json={})).status_code == 404
    assert (await clients["viewer"].post(f"{address}/reset", json={})).status_code == 403
    [written] = [
        row for row in (await clients["admin"].get("/api/v1/audit")).json()["items"] if row["action"] == "reset"
    ]
    assert (written["target"], written["detail"]) == (row.id, "đã kiểm tra còi")
