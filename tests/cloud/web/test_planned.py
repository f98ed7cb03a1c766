"""The pages of planned work and of what people are not told of."""

from __future__ import annotations

import httpx

from tests.cloud.api.fake_centre import FakeCentre

HOUR_MS = 3_600_000
HTML = {"Accept": "text/html"}
Clients = dict[str, httpx.AsyncClient]


async def plan(engineer: httpx.AsyncClient, centre: FakeCentre, **more: object) -> str:
    """Work of an hour."""
    body = {"site": "site-pvhcc", "until": centre.clock.now_ms() + 9 * HOUR_MS, "reason": "thay <công tơ>", **more}
    answer = await engineer.post("/api/v1/planned-work", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def group(page: str, name: str) -> str:
    """What stands under one heading."""
    return page.split(f'data-group="{name}"')[1].split("data-group=", maxsplit=1)[0]


async def test_planned_work_is_listed_by_where_it_stands(clients: Clients, centre: FakeCentre) -> None:
    engineer, now = clients["engineer"], centre.clock.now_ms()
    running, ended = await plan(engineer, centre), await plan(engineer, centre, site="site-thac-ba")
    coming = await plan(engineer, centre, site="", gateway="gw-thao", device="ups-thao", begin=now + HOUR_MS)
    await engineer.delete(f"/api/v1/planned-work/{ended}")
    page = (await engineer.get("/planned-work")).text
    assert running in group(page, "now")
    assert coming in group(page, "coming")
    assert ended in group(page, "past")
    assert "kết thúc sớm bởi program-engineer" in group(page, "past")
    assert "Nguồn tủ trạm Thao" in group(page, "coming")
    assert "thay &lt;công tơ&gt;" in page
    assert f"end-{ended}" not in page


async def test_only_engineers_plan_and_end(clients: Clients, centre: FakeCentre) -> None:
    work = await plan(clients["engineer"], centre)
    assert f"DELETE /planned-work/{work}" in (await clients["engineer"].get("/planned-work")).text
    page = (await clients["operator"].get("/planned-work")).text
    assert "thay &lt;công tơ&gt;" in page
    assert "DELETE" not in page
    assert "do-plan" not in page
    for path in ("/planned-work", "/silenced"):
        assert (await clients["viewer"].get(path, headers=HTML)).status_code == 403


async def test_the_address_fills_in_the_form(clients: Clients) -> None:
    page = (await clients["engineer"].get("/planned-work?gateway=gw-thao&device=ups-thao")).text
    assert 'data-value-device="gw-thao/ups-thao"' in page


async def test_the_report_names_who_why_until_when_and_the_alarms_meanwhile(
    clients: Clients, centre: FakeCentre
) -> None:
    operator, now = clients["operator"], centre.clock.now_ms()
    work = await plan(clients["engineer"], centre)
    alarm = centre.raise_alarm("", at=now, severity=4, rule="paper_low", device="kiosk-01")
    shelved = centre.raise_alarm("I", at=now, severity=3, rule="radar")
    body = {"reason": "hiệu chuẩn", "until": now + HOUR_MS}
    await operator.post(f"/api/v1/alarms/{shelved.id}/shelve", json=body)
    page = (await operator.get("/silenced")).text
    row = page.split(f'data-silenced="{work}"')[1].split("</tr>")[0]
    for words in ("Ngừng phục vụ", "TT PVHCC", "program-engineer", f"/alarms/{alarm.id}"):
        assert words in row
    assert "planned-work" not in row
    row = page.split(f'data-silenced="{shelved.id}"')[1].split("</tr>")[0]
    for words in ("Tạm ẩn", "Trạm đo mực nước Yên Bái", "hiệu chuẩn", f"POST /alarms/{shelved.id}/unshelve"):
        assert words in row
    assert f"DELETE /planned-work/{work}" in (await clients["engineer"].get("/silenced")).text
