"""Incidents over the API: opened from alarms, worked to their end, and refused where the workflow forbids."""

from __future__ import annotations

import httpx
import pytest

from cloud.incidents.deadlines import HOUR_MS, MINUTE_MS
from tests.cloud.api.fake_centre import FakeCentre
from tests.fakes import ManualClock

PATH = "/api/v1/incidents"
Client = httpx.AsyncClient
Clients = dict[str, httpx.AsyncClient]


async def alarm_ids(client: Client) -> list[str]:
    """The ids of the sample's alarms, newest first: severities 4, 3, 2, 1."""
    return [alarm["id"] for alarm in (await client.get("/api/v1/alarms")).json()["items"]]


async def opened(client: Client, *alarms: str, **more: object) -> str:
    answer = await client.post(PATH, json={"alarms": alarms, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def moved(client: Client, incident: str, move: str, **more: object) -> httpx.Response:
    body = {"move": move, "comment": "đã làm", "assignee": "UBND phường Yên Bái", **more}
    return await client.post(f"{PATH}/{incident}/move", json=body)


async def test_an_incident_takes_place_area_title_and_severity_from_its_alarms(operator: Client) -> None:
    paper, silence, flood, _ = await alarm_ids(operator)
    answer = (await operator.post(PATH, json={"alarms": [flood, silence, paper], "comment": "mưa lũ"})).json()
    assert (answer["state"], answer["severity"], answer["site"], answer["area"]) == (
        "new",
        2,
        "site-cau-yen-bai",
        "132",
    )
    assert "báo động II" in answer["title"]
    assert answer["opened_by"] == "program-operator"
    assert answer["next_due_at"] == answer["opened_at"] + 5 * MINUTE_MS
    assert answer["moves"] == ["receive", "merge"]
    detail = (await operator.get(f"{PATH}/{answer['id']}")).json()
    assert [alarm["id"] for alarm in detail["alarms"]] == sorted([flood, silence, paper])
    assert [(line["what"], line["actor"], line["comment"]) for line in detail["history"]] == [
        ("opened", "program-operator", "mưa lũ")
    ]


async def test_an_incident_is_worked_to_its_end_and_re_opened(clients: Clients, clock: ManualClock) -> None:
    operator, leader = clients["operator"], clients["engineer"]
    incident = await opened(operator, (await alarm_ids(operator))[2])
    for move in ("receive", "classify", "dispatch", "start", "resolve", "check"):
        await clock.advance(30)
        assert (await moved(operator, incident, move)).status_code == 200
    refused = await moved(operator, incident, "close")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    closed = (await moved(leader, incident, "close")).json()
    assert (closed["state"], closed["open"], closed["escalated_to"], closed["moves"]) == (
        "closed",
        False,
        0,
        ["reopen"],
    )
    assert all(deadline["met_at"] is not None for deadline in closed["deadlines"])
    assert (await moved(leader, incident, "reopen")).json()["state"] == "reopened"
    audit = (await clients["admin"].get("/api/v1/audit")).json()["items"]
    assert [(row["action"], row["actor"]) for row in audit[:2]] == [
        ("incident_reopen", "program-engineer"), ("incident_close", "program-engineer"),
    ]  # fmt: skip


async def test_what_an_incident_proved_to_be_stands_until_it_is_re_opened(clients: Clients) -> None:
    operator, leader = clients["operator"], clients["engineer"]
    incident = await opened(operator, (await alarm_ids(operator))[2])
    for move in ("receive", "classify", "dispatch", "start"):
        await moved(operator, incident, move)
    found: list[str | None] = []
    for client, move, said in (
        (operator, "resolve", {"conclusion": "false"}),
        (operator, "check", {}),
        (leader, "close", {}),
        (leader, "reopen", {}),
    ):
        assert (await moved(client, incident, move, **said)).status_code == 200
        found.append((await operator.get(f"{PATH}/{incident}")).json()["conclusion"])
    assert found == ["false", "false", "false", None]


async def test_a_pause_holds_the_deadline_and_an_unheeded_one_escalates(operator: Client, clock: ManualClock) -> None:
    incident = await opened(operator, (await alarm_ids(operator))[2])
    await moved(operator, incident, "receive")
    paused = (await moved(operator, incident, "pause", comment="chờ nước rút")).json()
    assert (paused["state"], paused["next_due_at"], paused["moves"]) == ("waiting", None, ["resume"])
    await clock.advance(7200)
    assert (await operator.get(PATH, params={"overdue": True})).json()["items"] == []
    back = (await moved(operator, incident, "resume")).json()
    assert (back["state"], back["escalated_to"]) == ("received", 0)
    assert back["next_due_at"] == back["opened_at"] + 2 * HOUR_MS + 15 * MINUTE_MS
    await clock.advance(901)
    [late] = (await operator.get(PATH, params={"overdue": True})).json()["items"]
    assert (late["id"], late["escalated_to"]) == (incident, 2)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"move": "close"}, "forbidden"),
        ({"move": "start"}, "wrong_state"),
        ({"move": "merge"}, "wrong_state"),
        ({"move": "fly"}, "invalid"),
        ({"move": "receive", "severity": 5}, "invalid"),
        ({"move": "receive", "why": "x"}, "invalid"),
        ({"move": "receive", "conclusion": "false"}, "wrong_state"),
        ({"move": "receive", "conclusion": "maybe"}, "invalid"),
    ],
)
async def test_what_the_workflow_forbids_is_a_problem_and_changes_nothing(
    operator: Client, body: dict[str, object], code: str
) -> None:
    incident = await opened(operator, (await alarm_ids(operator))[0])
    answer = await operator.post(f"{PATH}/{incident}/move", json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert (await operator.get(f"{PATH}/{incident}")).json()["revision"] == 1


async def test_a_pause_without_a_reason_is_refused(operator: Client) -> None:
    incident = await opened(operator, (await alarm_ids(operator))[0])
    await moved(operator, incident, "receive")
    answer = await moved(operator, incident, "pause", comment="  ")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert "reason" in answer.json()["detail"]


async def test_an_alarm_belongs_to_one_incident_only(operator: Client) -> None:
    first, second, *_ = await alarm_ids(operator)
    incident = await opened(operator, first)
    for path, body in ((PATH, {"alarms": [second, first]}), (f"{PATH}/{incident}/alarms", {"alarms": [first]})):
        answer = await operator.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert (await operator.post(f"{PATH}/{incident}/alarms", json={"alarms": [second]})).status_code == 200
    assert len((await operator.get(f"{PATH}/{incident}")).json()["alarms"]) == 2


async def test_a_merged_incident_hands_its_alarms_over(operator: Client) -> None:
    paper, silence, *_ = await alarm_ids(operator)
    into, gone = await opened(operator, paper), await opened(operator, silence)
    answer = (await operator.post(f"{PATH}/{gone}/merge", json={"into": into, "comment": "cùng một việc"})).json()
    assert (answer["state"], answer["merged_into"], answer["moves"]) == ("duplicate", into, [])
    kept = (await operator.get(f"{PATH}/{into}")).json()
    assert ([alarm["id"] for alarm in kept["alarms"]], kept["severity"]) == (sorted([paper, silence]), 3)
    again = await operator.post(f"{PATH}/{into}/merge", json={"into": gone})
    assert again.status_code == 409


async def test_comments_are_kept_in_order(operator: Client) -> None:
    incident = await opened(operator, (await alarm_ids(operator))[0])
    for words in ("một", "hai"):
        assert (await operator.post(f"{PATH}/{incident}/comment", json={"comment": words})).status_code == 200
    history = (await operator.get(f"{PATH}/{incident}")).json()["history"]
    assert [line["comment"] for line in history if line["what"] == "commented"] == ["một", "hai"]


async def test_unknown_incidents_and_alarms_are_problems(operator: Client) -> None:
    assert (await operator.get(f"{PATH}/none")).status_code == 404
    assert (await moved(operator, "none", "receive")).status_code == 404
    answer = await operator.post(PATH, json={"alarms": ["none"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "refused")


async def test_lists_are_filtered_and_come_in_pages(operator: Client, centre: FakeCentre, clock: ManualClock) -> None:
    made = []
    for alarm in await alarm_ids(operator):
        await clock.advance(1)
        made.append(await opened(operator, alarm))
    await moved(operator, made[0], "receive")
    first = (await operator.get(PATH, params={"limit": 3})).json()
    rest = (await operator.get(PATH, params={"limit": 3, "cursor": first["next"]})).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    for filters, count in (({"state": "received"}, 1), ({"open": "false"}, 0), ({"severity": 1}, 1)):
        assert len((await operator.get(PATH, params=filters)).json()["items"]) == count
