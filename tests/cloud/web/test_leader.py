"""The leader's page, and what the video wall is told."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre

Clients = dict[str, httpx.AsyncClient]


async def test_the_leader_reads_what_must_be_done_first(clients: Clients, centre: FakeCentre) -> None:
    centre.raise_alarm("III", at=centre.clock.now_ms() - 20 * 60_000, severity=1, rule="leader")
    text = (await clients["viewer"].get("/leader")).text
    assert "Có việc cần xử lý ngay" in text
    cards = re.findall(r'class="kpi word-(\w+)">.*?<a [^>]*>([^<]+)<.*?class="value">([^<]+)<', text, re.DOTALL)
    assert [word for word, _, _ in cards] == sorted((word for word, _, _ in cards), key=WORDS.index)
    by_name = {name: (word, value) for word, name, value in cards}
    assert by_name["Cảnh báo khẩn cấp chưa ai xác nhận"] == ("poor", "1")
    assert by_name["Cấp báo động lũ cao nhất trên các sông"] == ("poor", "2")
    assert by_name["Chỉ số không khí VN_AQI cao nhất"] == ("none", "–")
    assert by_name["Camera có hình"] == ("good", "100,0")
    assert "ngưỡng chưa được xác nhận" in text


WORDS = ["poor", "watch", "none", "good"]


def told(text: str, name: str) -> object:
    """What the wall's frame says of itself."""
    found = re.search(rf"data-{name}='([^']*)'", text)
    assert found, name
    return json.loads(found[1].replace("&#34;", '"').replace("&#39;", "'"))


async def test_the_wall_shows_the_pages_of_the_configuration_or_of_its_address(
    clients: Clients, centre: FakeCentre
) -> None:
    usual = told((await clients["viewer"].get("/wall")).text, "pages")
    assert isinstance(usual, list)
    assert {"/", "/map", "/alarms", "/cameras", "/leader"} <= set(usual)
    own = (await clients["viewer"].get("/wall?page=/map&page=/admin&page=/dead-letters&dwell_s=9")).text
    assert told(own, "pages") == ["/map"], "what the role may not open is left out"
    assert 'data-dwell="9.0"' in own
    grave = centre.raise_alarm("III", at=centre.clock.now_ms(), severity=1, rule="wall")
    waiting = told((await clients["viewer"].get("/wall")).text, "waiting")
    assert isinstance(waiting, list)
    assert [each["id"] for each in waiting] == [grave.id]


@pytest.mark.parametrize("page", ["//evil.example/", "/wall", "/api/v1/me", "https://evil.example", "/login"])
async def test_the_wall_shows_our_own_pages_alone(clients: Clients, page: str) -> None:
    assert (await clients["viewer"].get("/wall", params={"page": page})).status_code == 422
