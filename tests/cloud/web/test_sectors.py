"""The pages of the sectors, as people of different roles get them."""

from __future__ import annotations

from httpx import AsyncClient

Clients = dict[str, AsyncClient]


async def test_every_sector_with_devices_says_how_it_stands(clients: Clients) -> None:
    text = (await clients["viewer"].get("/sectors")).text
    kiosks = text.split('data-sector="kiosks"')[1].split("</section>")[0]
    assert "Dịch vụ công, ki-ốt" in kiosks
    assert "1 cảnh báo đang mở" in kiosks
    assert "0/1 thiết bị bình thường" in kiosks
    assert 'data-sector="waste"' not in text, "a sector without devices is told below, not shown as well"
    assert '<a href="/sectors/waste">Thu gom rác</a>' in text


async def test_a_sector_shows_figures_targets_charts_and_rules(clients: Clients) -> None:
    text = (await clients["viewer"].get("/sectors/kiosks")).text
    assert "Chờ lâu nhất" in text
    assert "<b>9,5</b>" in text
    assert "Đạt mục tiêu: ≤ 15" in text
    assert "proposal, to be confirmed" in text
    assert "Cảnh báo kỹ thuật nội bộ" in text
    assert "chưa có số liệu" in text, "the tablets that nobody installed are no data, not zero"
    assert "&#34;device&#34;: &#34;kiosk-01&#34;" in text


async def test_the_api_says_the_same(clients: Clients, stranger: AsyncClient) -> None:
    view = (await clients["viewer"].get("/api/v1/sectors/kiosks")).json()
    wait = next(each for each in view["figures"] if each["point"] == "wait_min")
    assert (wait["value"], wait["met"], wait["devices"], wait["of"]) == (9.5, True, 1, 1)
    assert len((await clients["viewer"].get("/api/v1/sectors")).json()) == 14
    devices = (await clients["viewer"].get("/api/v1/sectors/kiosks/devices?limit=1")).json()
    assert [each["device"]["id"] for each in devices["items"]] == ["kiosk-01"]
    assert (await clients["viewer"].get("/api/v1/sectors/nowhere")).status_code == 404
    assert (await clients["viewer"].get("/sectors/nowhere")).status_code == 404
    assert (await stranger.get("/api/v1/sectors")).status_code == 401


async def test_the_list_of_devices_looks_through_all_of_them(clients: Clients) -> None:
    client = clients["viewer"]
    text = (await client.get("/devices", params={"q": "nghia lo"})).text
    assert "Tủ chiếu sáng Nghĩa Lộ" in text
    assert "1 thiết bị" in text
    assert "Kiosk lấy số 01" not in text
    text = (await client.get("/devices", params={"sector": "kiosks"})).text
    assert "Kiosk lấy số 01" in text
    assert "Tủ chiếu sáng" not in text
    assert (await client.get("/devices", params={"sector": "nowhere"})).status_code == 404


async def test_the_search_page_escapes_what_was_typed(clients: Clients) -> None:
    text = (await clients["viewer"].get("/search", params={"q": '<b>"x'})).text
    assert "&lt;b&gt;&#34;x" in text
    assert "<b>&#34;x" not in text
