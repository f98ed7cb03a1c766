"""Handing the shift over: to whom, with what words, and which incidents were open."""

from __future__ import annotations

import httpx
import pytest

from tests.cloud.api.test_incidents import alarm_ids, moved, opened
from tests.fakes import ManualClock

PATH = "/api/v1/incidents/handover"
Clients = dict[str, httpx.AsyncClient]


async def test_a_note_keeps_what_was_open_as_it_stood(clients: Clients, clock: ManualClock) -> None:
    operator = clients["operator"]
    _, silence, flood, _ = await alarm_ids(operator)
    mild, grave = await opened(operator, silence), await opened(operator, flood)
    await clock.advance(600)
    note = {"to": "engineer", "note": " sông còn lên "}
    made = await operator.post(PATH, json=note)
    assert made.status_code == 201, made.text
    handover = made.json()
    assert (handover["giver"], handover["taker"], handover["note"], handover["open"]) == (
        "program-operator",
        "engineer",
        "sông còn lên",
        2,
    )
    assert [(each["id"], each["severity"], each["overdue"]) for each in handover["incidents"]] == [
        (grave, 2, True),
        (mild, 3, False),
    ]
    assert handover["incidents"][0]["escalated_to"] == 3
    await moved(clients["engineer"], grave, "reject")
    await clock.advance(60)
    later = (await clients["engineer"].post(PATH, json={"to": "operator", "note": "trả ca"})).json()
    assert [each["id"] for each in later["incidents"]] == [mild]
    first = (await operator.get(PATH, params={"limit": 1})).json()
    assert first["items"] == [later]
    assert (await operator.get(PATH, params={"limit": 1, "cursor": first["next"]})).json()["items"] == [handover]
    audit = (await clients["admin"].get("/api/v1/audit")).json()["items"]
    assert [(row["action"], row["target"]) for row in audit[:1]] == [("handover", "operator")]


@pytest.mark.parametrize("wrong", [{"to": "ai đó"}, {"to": ""}, {"note": " "}, {"more": 1}])
async def test_a_shift_is_handed_to_somebody_who_is_there_and_with_words(
    clients: Clients, wrong: dict[str, object]
) -> None:
    answer = await clients["operator"].post(PATH, json={"to": "engineer", "note": "x", **wrong})
    assert answer.status_code == 422
    assert (await clients["operator"].get(PATH)).json()["items"] == []
    assert (await clients["viewer"].get(PATH)).status_code == 403
