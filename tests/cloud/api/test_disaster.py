"""Bulletins copied with their source, and an evacuation ticked step by step: all of it in the audit log."""

from __future__ import annotations

import httpx

from tests.fakes import ManualClock

Clients = dict[str, httpx.AsyncClient]
BULLETINS, EVACUATIONS = "/api/v1/disaster/bulletins", "/api/v1/disaster/evacuations"


def bulletin(now: int, **more: object) -> dict[str, object]:
    """A bulletin of an hour ago."""
    return {
        "agency": "Đài KTTV tỉnh",
        "hazard": "flood",
        "risk": 3,
        "issued_at": now - 3_600_000,
        "title": "Tin lũ khẩn cấp trên sông Thao",
        "text": "Mực nước 33,80 m.",
        "source": "https://kttv.example/12",
        **more,
    }


async def test_a_bulletin_is_copied_withdrawn_and_never_forgotten(clients: Clients, clock: ManualClock) -> None:
    operator, now = clients["operator"], clock.now_ms()
    made = await operator.post(BULLETINS, json=bulletin(now))
    assert made.status_code == 201, made.text
    assert made.json()["actor"] == "program-operator"
    assert (await clients["viewer"].get(BULLETINS)).json()["items"] == [made.json()]
    assert (await operator.post(BULLETINS, json=bulletin(now))).status_code == 409, "the same again, at once"
    for wrong in ({"issued_at": now + 3_600_000}, {"valid_until": now - 7_200_000}, {"area": "nowhere"}):
        assert (await operator.post(BULLETINS, json=bulletin(now, **wrong))).status_code == 422, wrong
    gone = await operator.post(f"{BULLETINS}/{made.json()['id']}/withdraw", json={"reason": "chép nhầm ngày"})
    assert gone.json()["withdrawn_reason"] == "chép nhầm ngày"
    again = await operator.post(f"{BULLETINS}/{made.json()['id']}/withdraw", json={"reason": "x"})
    assert again.status_code == 409
    assert (await operator.post(f"{BULLETINS}/none/withdraw", json={"reason": "x"})).status_code == 404
    assert (await operator.get(BULLETINS)).json()["items"] == []
    assert (await operator.get(BULLETINS, params={"in_force": "false"})).json()["items"] == [gone.json()]
    audit = (await clients["admin"].get("/api/v1/audit")).json()["items"]
    assert [row["action"] for row in audit[:2]] == ["bulletin_withdrawn", "bulletin_copied"]
    assert "https://kttv.example/12" in audit[1]["detail"]


async def test_an_evacuation_is_ticked_taken_back_and_ended(clients: Clients, clock: ManualClock) -> None:
    operator, engineer = clients["operator"], clients["engineer"]
    wanted = {"area": "132", "reason": "Sông Thao vượt báo động III"}
    begun = (await operator.post(EVACUATIONS, json=wanted)).json()
    path = f"{EVACUATIONS}/{begun['id']}"
    assert not any(step["done"] for step in begun["steps"])
    assert (await engineer.post(EVACUATIONS, json=wanted)).status_code == 409
    assert (await engineer.post(EVACUATIONS, json={**wanted, "area": "nowhere"})).status_code == 422
    await operator.post(f"{path}/tick", json={"step": "decision"})
    await clock.advance(60)
    await engineer.post(f"{path}/tick", json={"step": "warned", "count": 412, "note": "loa phường"})
    await clock.advance(60)
    after = (await operator.post(f"{path}/tick", json={"step": "decision", "done": False, "count": 9})).json()
    steps = {step["step"]["id"]: step for step in after["steps"]}
    assert (steps["warned"]["done"], steps["warned"]["count"]) == (True, 412)
    assert (steps["decision"]["done"], steps["decision"]["count"]) == (False, None)
    assert [(line["step"], line["done"], line["actor"]) for line in after["lines"]] == [
        ("decision", True, "program-operator"),
        ("warned", True, "program-engineer"),
        ("decision", False, "program-operator"),
    ]
    assert (await operator.post(f"{path}/tick", json={"step": "dance"})).status_code == 422
    assert (await operator.post(f"{path}/close", json={"note": "nước rút"})).json()["closed_by"] == "program-operator"
    assert (await operator.post(f"{path}/tick", json={"step": "moved"})).status_code == 409
    assert (await operator.post(f"{path}/close", json={"note": "x"})).status_code == 409
    assert (await operator.get(EVACUATIONS)).json()["items"] == []
    assert [each["id"] for each in (await operator.get(EVACUATIONS, params={"over": "true"})).json()["items"]] == [
        begun["id"]
    ]
    assert (await operator.get(f"{EVACUATIONS}/none")).status_code == 404
    audit = (await clients["admin"].get("/api/v1/audit")).json()["items"]
    assert [row["action"] for row in audit[:5]] == [
        "evacuation_closed",
        "evacuation_untick",
        "evacuation_tick",
        "evacuation_tick",
        "evacuation_begun",
    ]
    assert audit[2]["detail"] == "warned 412 loa phường"
