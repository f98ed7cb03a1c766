"""The pages of one gateway and of roll-outs."""

from __future__ import annotations

import re

import httpx
import pytest

from cloud.api.views import Order
from tests.cloud.api.fake_centre import FakeCentre

Clients = dict[str, httpx.AsyncClient]
HTML = {"Accept": "text/html"}


@pytest.fixture
async def filled(centre: FakeCentre) -> FakeCentre:
    """Gateways in every state, a roll-out, and an order that waits."""
    await centre.offices.fill()
    await centre.requests.ask(
        Order("gw-thao", "cam-hong-ha", "restart_connector", {}), actor="lan", comment="<đứng hình>"
    )
    return centre


async def test_the_list_says_which_configuration_runs_and_how_long_the_certificate_lasts(
    clients: Clients, filled: FakeCentre
) -> None:
    text = (await clients["viewer"].get("/gateways")).text
    row = text.split('data-gateway="gw-pvhcc"')[1].split("</tr>")[0]
    assert "Đã quay lui" in row
    assert "0 → 1" in row or "– → 1" in row
    thao = text.split('data-gateway="gw-thao"')[1].split("</tr>")[0]
    assert "Đúng cấu hình" in thao
    assert "20 ngày" in thao


async def test_engineers_change_and_help_and_others_only_see_how_it_stands(
    clients: Clients, filled: FakeCentre
) -> None:
    text = (await clients["engineer"].get("/gateways/gw-thao")).text
    assert "Tủ sông Thao: radar, mưa, camera" in text
    assert 'data-etag="2"' in text
    assert text.count('data-verb="snapshot"') == 1
    assert text.count('data-verb="read_now"') == 4
    assert "&lt;đứng hình&gt;" in text
    assert "/confirm" in text
    other = (await clients["operator"].get("/gateways/gw-thao")).text
    assert "Đúng cấu hình" in other
    assert "rtsp://" not in other
    assert "data-verb" not in other
    back = (await clients["engineer"].get("/gateways/gw-pvhcc")).text
    assert "Thiết bị đo không trả lời trở lại." in back


async def test_versions_are_compared(clients: Clients, filled: FakeCentre) -> None:
    text = (await clients["engineer"].get("/gateways/gw-thao?version=1")).text
    assert '<span class="new">+id = &#34;cam-hong-ha&#34;</span>' in text
    assert (await clients["engineer"].get("/gateways/gw-thao?version=9", headers=HTML)).status_code == 404
    assert (await clients["engineer"].get("/gateways/nobody", headers=HTML)).status_code == 404


async def test_a_stranger_has_a_page_without_anything_to_change(clients: Clients, centre: FakeCentre) -> None:
    centre.strangers = ("gw-fremd",)
    text = (await clients["engineer"].get("/gateways/gw-fremd")).text
    assert 'id="configuration"' not in text


async def test_roll_outs_are_listed_and_shown_by_wave(clients: Clients, filled: FakeCentre) -> None:
    text = (await clients["engineer"].get("/waves")).text
    assert "Giữ dữ liệu 45 ngày" in text
    assert 'id="begin-wave"' in text
    (link,) = set(re.findall(r'href="(/waves/[0-9a-f]{12})"', text))
    one = (await clients["engineer"].get(link)).text
    assert "max_days = 45" in one
    assert one.count('href="/gateways/gw-') == 5
    assert "do-pause" in one
    seen = (await clients["viewer"].get(link)).text
    assert "do-pause" not in seen
    assert 'id="begin-wave"' not in (await clients["viewer"].get("/waves")).text
