"""The pages of incidents: who sees which moves, what is late, and where filters live."""

from __future__ import annotations

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre
from tests.fakes import ManualClock

HTML = {"Accept": "text/html"}
MINUTE_S = 60
Clients = dict[str, httpx.AsyncClient]


async def opened(operator: httpx.AsyncClient, centre: FakeCentre, rule: str = "one", **more: object) -> str:
    """A new incident out of a new alarm."""
    alarm = centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule=rule)
    answer = await operator.post("/api/v1/incidents", json={"alarms": [alarm.id], **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def move(client: httpx.AsyncClient, incident: str, **step: object) -> None:
    answer = await client.post(f"/api/v1/incidents/{incident}/move", json=step)
    assert answer.status_code == 200, answer.text


async def test_only_moves_that_are_allowed_now_and_to_this_role_are_offered(
    clients: Clients, centre: FakeCentre
) -> None:
    operator = clients["operator"]
    path = f"/incidents/{await opened(operator, centre)}"
    page = (await operator.get(path)).text
    assert 'id="move-receive"' in page
    assert 'id="move-reject"' not in page
    assert "Dành cho trưởng ca: Từ chối" in page
    assert 'id="move-reject"' in (await clients["engineer"].get(path)).text
    viewer = (await clients["viewer"].get(path)).text
    assert "move-" not in viewer
    assert "<textarea" not in viewer


async def test_a_dispatch_asks_for_somebody_and_a_pause_for_a_reason(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    incident = await opened(operator, centre)
    await move(operator, incident, move="receive")
    await move(operator, incident, move="classify", sector="thiên tai")
    page = (await operator.get(f"/incidents/{incident}")).text
    dispatch = page.split('id="move-dispatch"')[1].split(">")[0]
    assert 'data-required="assignee"' in dispatch
    assert 'data-fields="assignee comment"' in dispatch
    assert 'data-required="comment"' in page.split('id="move-pause"')[1].split(">")[0]
    await move(operator, incident, move="dispatch", assignee="UBND phường Yên Bái")
    page = (await operator.get(f"/incidents/{incident}")).text
    assert "UBND phường Yên Bái" in page
    assert '<li aria-current="step">Chuyển xử lý</li>' in page


async def test_deadlines_say_what_is_left_what_is_late_and_that_a_pause_holds_the_clock(
    operator: httpx.AsyncClient, centre: FakeCentre, clock: ManualClock
) -> None:
    incident = await opened(operator, centre)
    assert "còn 5 phút" in (await operator.get(f"/incidents/{incident}")).text
    await clock.advance(6 * MINUTE_S)
    page = (await operator.get(f"/incidents/{incident}")).text
    assert "quá hạn 1 phút" in page
    assert "quá hạn 1 phút" in (await operator.get("/incidents?overdue=1")).text
    await move(operator, incident, move="receive")
    page = (await operator.get(f"/incidents/{incident}")).text
    assert "trễ 1 phút" in page
    assert "Không có sự cố nào phù hợp." in (await operator.get("/incidents?overdue=1")).text
    await move(operator, incident, move="pause", comment="chờ nước rút")
    assert "đang tạm dừng, không tính giờ" in (await operator.get("/incidents")).text


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_list_filters_by_the_address(operator: httpx.AsyncClient, centre: FakeCentre, language: str) -> None:
    operator.cookies.set("thacba_language", language)
    grave = await opened(operator, centre, "one", severity=1, title="<b>Lũ</b>")
    low = await opened(operator, centre, "two", severity=4)
    both = (await operator.get("/incidents")).text
    assert "&lt;b&gt;Lũ" in both
    assert "<b>Lũ" not in both
    page = (await operator.get("/incidents?severity=1&site=site-cau-yen-bai")).text
    assert f"/incidents/{grave}" in page
    assert f"/incidents/{low}" not in page
    for query in ("show=ended", "assignee=nobody", "site=site-pvhcc"):
        assert grave not in (await operator.get(f"/incidents?{query}")).text
    assert (await operator.get("/incidents?severity=7", headers=HTML)).status_code == 422
    assert (await operator.get("/incidents/none", headers=HTML)).status_code == 404


async def test_an_alarm_leads_to_its_incident(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    alarm = centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule="one")
    assert "open-incident" in (await operator.get(f"/alarms/{alarm.id}")).text
    incident = (await operator.post("/api/v1/incidents", json={"alarms": [alarm.id]})).json()["id"]
    page = (await operator.get(f"/alarms/{alarm.id}")).text
    assert f'href="/incidents/{incident}"' in page
    assert 'id="do-open"' not in page


async def test_the_history_tells_every_step_and_files_are_for_those_who_work(
    clients: Clients, centre: FakeCentre
) -> None:
    operator = clients["operator"]
    incident = await opened(operator, centre)
    await operator.post(
        f"/api/v1/incidents/{incident}/attachments", params={"name": "bien-ban.txt"}, content="Đã gia cố.".encode()
    )
    await move(operator, incident, move="receive", comment="đã gọi trạm")
    page = (await operator.get(f"/incidents/{incident}")).text
    for words in ("Mở sự cố", "Đính kèm tệp", "bien-ban.txt", "Tiếp nhận", "đã gọi trạm", "program-operator"):
        assert words in page
    assert f"/api/v1/incidents/{incident}/attachments/2" in page
    assert (
        f"/api/v1/incidents/{incident}/attachments/2"
        not in (await clients["viewer"].get(f"/incidents/{incident}")).text
    )


async def test_the_board_has_a_column_for_each_state_on_the_way_and_side_states_when_they_are_used(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    incident = await opened(operator, centre)
    page = (await operator.get("/incidents")).text
    assert page.count('class="column"') == 7
    assert incident in page.split('data-state="new"')[1].split("</section>")[0]
    await move(operator, incident, move="receive")
    await move(operator, incident, move="pause", comment="chờ")
    page = (await operator.get("/incidents")).text
    assert page.count('class="column"') == 8
    assert incident in page.split('data-state="waiting"')[1].split("</section>")[0]
    assert 'class="column"' not in (await operator.get("/incidents?view=list")).text
