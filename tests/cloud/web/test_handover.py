"""The page of the change of shifts."""

from __future__ import annotations

import httpx

from tests.cloud.api.fake_centre import FakeCentre

Clients = dict[str, httpx.AsyncClient]


async def test_a_note_shows_what_was_open_when_the_shift_changed(clients: Clients, centre: FakeCentre) -> None:
    operator = clients["operator"]
    assert "Chưa có lần giao ca nào." in (await operator.get("/handover")).text
    alarm = centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule="one")
    await operator.post("/api/v1/incidents", json={"alarms": [alarm.id], "title": "Sông Thao lên"})
    note = {"to": "engineer", "note": "còn lên <chậm>"}
    assert (await operator.post("/api/v1/incidents/handover", json=note)).status_code == 201
    page = (await operator.get("/handover")).text
    for words in ("program-operator → engineer", "còn lên &lt;chậm&gt;", "1 sự cố đang mở", "Sông Thao lên"):
        assert words in page
    assert "<option>engineer</option>" in page
    assert (await clients["viewer"].get("/handover", headers={"Accept": "text/html"})).status_code == 403
