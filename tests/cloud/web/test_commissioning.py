"""The pages of commissioning records: the list, and a record with values, photos and signature."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from cloud.commissioning.telling import MARKS
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.commissioning.sample import keep, sample_record

GATEWAY, SITE = "gw-thao", "site-cau-yen-bai"


@pytest.fixture
def kept(centre: FakeCentre, tmp_path: Path) -> str:
    """A record of the sample province."""
    now = centre.clock.now_ms()
    record, contents = sample_record(tmp_path / "edge", now, gateway=GATEWAY, site=SITE)
    return keep(centre.commissioning, record, contents, now=now)


async def test_the_list_names_what_was_installed_and_how_it_ended(operator: httpx.AsyncClient, kept: str) -> None:
    page = (await operator.get("/commissioning")).text
    assert f'href="/commissioning/{kept}"' in page
    assert "Lò Thị Hồng Ánh" in page
    assert f"{MARKS['fail']} Không đạt" in page
    assert kept not in (await operator.get("/commissioning", params={"gateway": "gw-khac"})).text


async def test_a_record_shows_values_beside_what_they_should_be(operator: httpx.AsyncClient, kept: str) -> None:
    page = (await operator.get(f"/commissioning/{kept}")).text
    for text in (
        "29,87 m",
        "0 đến 200 m",
        "không có (không trả lời)",
        "Điện lưới",
        "đã siết lại hai bu lông",
        "21.85271",
    ):
        assert text in page
    assert page.count("?size=small") == 4
    assert f"/api/v1/commissioning/{kept}/pdf?language=vi" in page
    operator.cookies.set("thacba_language", "en")
    english = (await operator.get(f"/commissioning/{kept}")).text
    for text in ("29.87 m", "0 to 200 m", "Fail", "Mains"):
        assert text in english


async def test_photos_on_their_way_are_named(operator: httpx.AsyncClient, centre: FakeCentre, tmp_path: Path) -> None:
    now = centre.clock.now_ms()
    record, contents = sample_record(tmp_path / "edge", now, gateway=GATEWAY, site=SITE)
    keep(centre.commissioning, record, dict(list(contents.items())[:1]), now=now)
    page = (await operator.get(f"/commissioning/{record.id}")).text
    assert page.count("Ảnh chưa về đến trung tâm") == 3
    assert "còn đang được gateway gửi về" in page
    assert "đang gửi về" in (await operator.get("/commissioning")).text


async def test_what_a_technician_writes_is_text(
    operator: httpx.AsyncClient, centre: FakeCentre, tmp_path: Path
) -> None:
    now = centre.clock.now_ms()
    record, contents = sample_record(tmp_path / "edge", now, gateway="gw-<b>", site=SITE)
    bad = replace(record, technician="<script>alert(1)</script>", note="<img src=x onerror=alert(1)>")
    keep(centre.commissioning, bad, contents, now=now)
    for path in ("/commissioning", f"/commissioning/{record.id}"):
        page = (await operator.get(path)).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


async def test_older_records_are_behind_a_button(
    operator: httpx.AsyncClient, centre: FakeCentre, tmp_path: Path
) -> None:
    now = centre.clock.now_ms()
    record, _ = sample_record(tmp_path / "edge", now, gateway=GATEWAY, site=SITE)
    for number in range(51):
        keep(centre.commissioning, replace(record, id=f"{number:032x}"), {}, now=now + number)
    first = (await operator.get("/commissioning")).text
    assert f"{0:032x}" not in first
    assert "cursor=" in first


async def test_a_record_that_is_not_there_is_a_page_that_says_so(operator: httpx.AsyncClient) -> None:
    answer = await operator.get(f"/commissioning/{'0' * 32}", headers={"accept": "text/html"})
    assert answer.status_code == 404
