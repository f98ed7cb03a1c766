"""The pages of alarms: why nobody is told, what may be done, and how many there are."""

from __future__ import annotations

from dataclasses import replace

import httpx

from cloud.alarms.book import key_of
from cloud.store.base import AlarmHistoryRow, AlarmRow, Commit
from tests.cloud.api.fake_centre import FakeCentre

HOUR_MS = 3_600_000
Clients = dict[str, httpx.AsyncClient]


def gauge(centre: FakeCentre) -> AlarmRow:
    """An alarm of the river gauge that nobody has acknowledged."""
    return centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule="flood_other")


async def shelve(operator: httpx.AsyncClient, centre: FakeCentre, alarm: AlarmRow) -> None:
    body = {"reason": "đang thay <cảm biến>", "until": centre.clock.now_ms() + HOUR_MS}
    assert (await operator.post(f"/api/v1/alarms/{alarm.id}/shelve", json=body)).status_code == 200


async def test_a_shelved_alarm_says_who_shelved_it_why_and_until_when(clients: Clients, centre: FakeCentre) -> None:
    operator, alarm = clients["operator"], gauge(centre)
    assert "quiet-title" not in (await operator.get(f"/alarms/{alarm.id}")).text
    await shelve(operator, centre, alarm)
    page = (await operator.get(f"/alarms/{alarm.id}")).text
    said = page.split("quiet-title")[2].split("</section>")[0]
    for words in ("Tạm ẩn", "program-operator", "đang thay &lt;cảm biến&gt;", "/unshelve"):
        assert words in said
    assert "/unshelve" not in (await clients["viewer"].get(f"/alarms/{alarm.id}")).text


async def test_planned_work_and_a_cause_are_named_too(clients: Clients, centre: FakeCentre) -> None:
    cause, alarm = gauge(centre), centre.raise_alarm("", at=centre.clock.now_ms(), severity=3, rule="quiet_one")
    until = centre.clock.now_ms() + HOUR_MS
    work = {"site": alarm.site, "until": until, "reason": "nạo vét"}
    assert (await clients["engineer"].post("/api/v1/planned-work", json=work)).status_code == 201
    line = AlarmHistoryRow(alarm.id, until, until, "suppressed", "", None, "system", f"flood_other {cause.id}")
    centre.state.commit(Commit(history=[line]))
    centre.mutes().suppressed.add(key_of(alarm))
    page = (await clients["operator"].get(f"/alarms/{alarm.id}")).text
    assert 'data-why="out_of_service"' in page
    assert "nạo vét" in page
    assert f'<a href="/alarms/{cause.id}">xem nguyên nhân</a>' in page


async def test_an_alarm_of_a_group_is_at_its_site_or_area_and_leads_to_no_device(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    now = centre.clock.now_ms()
    for gateway, device, words in (
        ("@site", "site-cau-yen-bai", "Cả điểm"),
        ("@area", "van-phu", "Cả địa bàn van-phu"),
        ("@all", "province", "Toàn tỉnh"),
        ("@centre", "store", "Thacba"),
    ):
        plain = centre.raise_alarm("II", at=now, severity=2, rule=f"many_{device}")
        alarm = replace(plain, id=f"{plain.id}{gateway[1:]}", gateway=gateway, device=device)
        centre.state.commit(Commit(alarms=[alarm]))
        for path in (f"/alarms/{alarm.id}", "/alarms"):
            page = (await operator.get(path)).text
            assert words in page
            assert f"/devices/{gateway}" not in page


async def test_what_latched_is_reset_once_it_is_acknowledged(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    now = centre.clock.now_ms()
    waiting = centre.raise_alarm("I", at=now, severity=3, rule="a", state="latched_unacked")
    ready = centre.raise_alarm("I", at=now, severity=3, rule="b", state="latched")
    assert "/reset" not in (await operator.get(f"/alarms/{waiting.id}")).text
    assert f"POST /alarms/{ready.id}/reset" in (await operator.get(f"/alarms/{ready.id}")).text


async def test_the_list_marks_and_finds_what_nobody_is_told_of(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    alarm = gauge(centre)
    await shelve(operator, centre, alarm)
    page = (await operator.get("/alarms?told=silenced")).text
    assert page.count("<tr class=") == 1
    assert f'data-alarm="{alarm.id}"' in page
    assert "Tạm ẩn</span>" in page
    assert (await operator.get("/alarms?told=silenced&severity=1")).text.count("<tr class=") == 0


async def test_the_list_counts_all_that_is_open_and_shows_a_page_of_it(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    before = centre.clock.now_ms()
    rows = [
        AlarmRow(
            f"{before:013d}-many-{n:04d}", "many", "1", "site-pvhcc", "gw-pvhcc", f"d{n}", "", "unacked", True, "", 2,
            None, None, "lũ", "flood", before, before, before,
        )
        for n in range(1_200)
    ]  # fmt: skip
    centre.state.commit(Commit(alarms=rows))
    page = (await operator.get("/alarms?severity=2")).text
    assert "1.201 đang mở, trong đó 1.201 chưa xác nhận" in page
    assert page.count("<tr class=") == 50
    assert (await operator.get("/alarms?per=500&site=site-pvhcc")).text.count("<tr class=") == 500
    assert (await operator.get("/alarms?per=5000", headers={"Accept": "text/html"})).status_code == 422


async def test_who_works_may_pick_open_alarms_and_give_them_to_those_who_work(
    clients: Clients, centre: FakeCentre
) -> None:
    alarm = gauge(centre)
    closed = centre.raise_alarm("I", at=centre.clock.now_ms(), severity=3, rule="past", state="normal")
    page = (await clients["operator"].get("/alarms?state=any")).text
    assert f'data-pick="{alarm.id}"' in page
    assert f'data-pick="{closed.id}"' not in page
    assert "<option>operator</option>" in page
    assert "<option>viewer</option>" not in page
    viewer = (await clients["viewer"].get("/alarms")).text
    assert "data-pick" not in viewer
    assert "<option>operator</option>" not in viewer
    body = {"assignee": "operator", "comment": "gọi trạm"}
    assert (await clients["operator"].post(f"/api/v1/alarms/{alarm.id}/assign", json=body)).status_code == 200
    assert "Người xử lý: operator" in (await clients["viewer"].get("/alarms")).text


async def test_the_silenced_ones_are_paged_too(clients: Clients, centre: FakeCentre) -> None:
    now = centre.clock.now_ms()
    for n in range(60):
        centre.raise_alarm("I", at=now + n, severity=3, rule=f"r{n}")
    work = {"site": "site-cau-yen-bai", "until": now + HOUR_MS, "reason": "bảo trì"}
    assert (await clients["engineer"].post("/api/v1/planned-work", json=work)).status_code == 201
    page = (await clients["operator"].get("/alarms?told=silenced&severity=3")).text
    assert page.count("<tr class=") == 50
    more = page.split('class="paging"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert (await clients["operator"].get(more)).text.count("<tr class=") == 10
