"""What people do about alarms through the API: reset, assign, and many at once; and their histories in pages."""

from __future__ import annotations

import httpx
import pytest

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


async def test_an_alarm_is_assigned_found_by_its_assignee_and_taken_back(clients: Clients) -> None:
    operator = clients["operator"]
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    address = f"/api/v1/alarms/{alarm['id']}"
    given = (await operator.post(f"{address}/assign", json={"assignee": "engineer", "comment": "gọi trạm"})).json()
    assert given["assignee"] == "engineer"
    mine = (await operator.get("/api/v1/alarms", params={"assignee": "engineer"})).json()["items"]
    assert [row["id"] for row in mine] == [alarm["id"]]
    line = (await operator.get(address)).json()["history"][-1]
    assert (line["what"], line["actor"], line["comment"]) == ("assigned", "program-operator", "engineer: gọi trạm")
    unknown = await operator.post(f"{address}/assign", json={"assignee": "ai đó"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "refused")
    assert (await operator.post(f"{address}/assign", json={})).json()["assignee"] == ""
    [closed] = (await operator.get("/api/v1/alarms", params={"open": False})).json()["items"]
    late = await operator.post(f"/api/v1/alarms/{closed['id']}/assign", json={"assignee": "engineer"})
    assert late.status_code == 409


async def test_many_are_acknowledged_at_once_with_an_answer_for_each(clients: Clients, centre: FakeCentre) -> None:
    operator = clients["operator"]
    rows = (await operator.get("/api/v1/alarms")).json()["items"]
    names = [row["id"] for row in rows]
    wish = {"action": "acknowledge", "alarms": [*names, "none", names[0]], "reason": "cùng một trận lũ"}
    answer = (await operator.post("/api/v1/alarms/bulk", json=wish)).json()
    assert [item["id"] for item in answer["items"]] == [*names, "none"]
    done = {item["id"] for item in answer["items"] if item["done"]}
    assert done == {row["id"] for row in rows if row["state"] in ("unacked", "returned_unacked")}
    assert (answer["done"], answer["refused"]) == (len(done), len(names) + 1 - len(done))
    assert all(item["detail"] for item in answer["items"] if not item["done"])
    for name in done:
        assert centre.state.history(name)[-1].comment == "cùng một trận lũ"
    [written] = [
        row for row in (await clients["admin"].get("/api/v1/audit")).json()["items"] if row["action"] == "bulk"
    ]
    assert set(written["target"].split()) == done


async def test_many_are_shelved_taken_back_and_assigned_at_once(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    names = [row["id"] for row in (await operator.get("/api/v1/alarms", params={"open": True})).json()["items"]]
    until = centre.clock.now_ms() + 3_600_000
    for wish, count in (
        ({"action": "shelve", "until": until}, len(names)),
        ({"action": "unshelve"}, len(names)),
        ({"action": "unshelve"}, 0),
        ({"action": "assign", "assignee": "engineer"}, len(names)),
    ):
        answer = await operator.post("/api/v1/alarms/bulk", json={"alarms": names, "reason": "bão", **wish})
        assert (answer.status_code, answer.json()["done"]) == (200, count)
    assert len((await operator.get("/api/v1/alarms", params={"assignee": "engineer"})).json()["items"]) == len(names)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"alarms": []},
        {"alarms": ["x"] * 501},
        {"action": "shelve"},
        {"until": 5},
        {"assignee": "engineer"},
        {"action": "assign", "assignee": "ai đó"},
        {"action": "delete"},
    ],
)
async def test_a_senseless_bulk_is_refused_as_a_whole(operator: httpx.AsyncClient, wrong: dict[str, object]) -> None:
    wish = {"action": "acknowledge", "alarms": ["x"], "reason": "bão", **wrong}
    assert (await operator.post("/api/v1/alarms/bulk", json=wish)).status_code == 422


async def test_a_long_history_comes_in_pages(operator: httpx.AsyncClient) -> None:
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    address = f"/api/v1/alarms/{alarm['id']}"
    for number in range(5):
        await operator.post(f"{address}/comment", json={"comment": f"lần {number}"})
    found, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await operator.get(f"{address}/history", params=params)).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    detail = (await operator.get(address)).json()
    assert (found, detail["next_history"]) == (detail["history"], None)
    assert [line["comment"] for line in found][1:] == [f"lần {number}" for number in range(5)]
    assert (await operator.get(f"{address}/history", params={"cursor": "eA"})).status_code == 400
    assert (await operator.get("/api/v1/alarms/none/history")).status_code == 404
