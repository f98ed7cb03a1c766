"""Planned work through the API: engineers plan, operators see, and a report says what nobody is told of."""

from __future__ import annotations

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre

HOUR_MS = 3_600_000
PATH = "/api/v1/planned-work"
SITE = "site-cau-yen-bai"
Clients = dict[str, httpx.AsyncClient]


def work(centre: FakeCentre, **more: object) -> dict[str, object]:
    """Work at the gauge of Yên Bái for an hour."""
    return {"site": SITE, "until": centre.clock.now_ms() + HOUR_MS, "reason": " thay cảm biến ", **more}


async def test_an_engineer_plans_work_and_an_operator_sees_it_and_what_it_hides(
    clients: Clients, centre: FakeCentre
) -> None:
    engineer, operator = clients["engineer"], clients["operator"]
    answer = await engineer.post(PATH, json=work(centre))
    assert answer.status_code == 201, answer.text
    planned = answer.json()
    assert (planned["reason"], planned["actor"]) == ("thay cảm biến", "program-engineer")
    assert planned["scope"]["site"] == SITE
    [listed] = (await operator.get(PATH)).json()["items"]
    assert (listed["id"], listed["began"], listed["ended_at"]) == (planned["id"], True, None)
    now = centre.clock.now_ms()
    fresh = centre.raise_alarm("I", at=now, severity=3, rule="other")
    [hidden] = (await operator.get("/api/v1/alarms/silenced")).json()["items"]
    assert (hidden["kind"], hidden["site"], hidden["actor"], hidden["since"]) == (
        "out_of_service",
        SITE,
        "program-engineer",
        now,
    )
    assert hidden["alarms"] == [fresh.id]
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    assert alarm["silenced"] == "out_of_service"
    detail = (await operator.get(f"/api/v1/alarms/{alarm['id']}")).json()
    assert detail["silenced"] == "out_of_service"
    assert detail["history"][-1]["what"] == "out_of_service"


async def test_work_ends_by_hand_is_remembered_and_written_down(clients: Clients, centre: FakeCentre) -> None:
    engineer, operator = clients["engineer"], clients["operator"]
    planned = (await engineer.post(PATH, json=work(centre))).json()
    address = f"{PATH}/{planned['id']}"
    assert (await operator.delete(address)).status_code == 403
    ended = (await engineer.delete(address, params={"comment": "xong sớm"})).json()
    assert ended["ended_by"] == "program-engineer"
    assert (await operator.get(PATH)).json()["items"] == []
    assert (await operator.get(PATH, params={"ended": True})).json()["items"] == [ended]
    assert (await operator.get("/api/v1/alarms/silenced")).json()["items"] == []
    again = await engineer.delete(address)
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    audit = (await clients["admin"].get("/api/v1/audit")).json()["items"]
    assert [(row["action"], row["detail"]) for row in audit] == [
        ("end_work", "xong sớm"),
        ("plan_work", "thay cảm biến"),
    ]


async def test_a_shelf_is_in_the_report_too(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    assert alarm["silenced"] == ""
    until = centre.clock.now_ms() + HOUR_MS
    await operator.post(f"/api/v1/alarms/{alarm['id']}/shelve", json={"reason": "sửa", "until": until})
    [item] = (await operator.get("/api/v1/alarms/silenced")).json()["items"]
    assert (item["kind"], item["id"], item["reason"], item["until"]) == ("shelved", alarm["id"], "sửa", until)
    [alarm] = (await operator.get("/api/v1/alarms", params={"severity": 2})).json()["items"]
    assert alarm["silenced"] == "shelved"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"site": ""}, "needs a site"),
        ({"site": "nowhere"}, "no site"),
        ({"site": "", "gateway": "nobody"}, "no gateway"),
        ({"rule": "no_such_rule"}, "no rule"),
        ({"device": "gauge"}, "together with its gateway"),
        ({"until": 1}, "within 90 days"),
        ({"until": 4_000_000_000_000}, "within 90 days"),
        ({"reason": " "}, "reason"),
    ],
)
async def test_senseless_work_is_refused(
    clients: Clients, centre: FakeCentre, change: dict[str, object], says: str
) -> None:
    answer = await clients["engineer"].post(PATH, json=work(centre, **change))
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert (await clients["operator"].get(PATH)).json()["items"] == []
