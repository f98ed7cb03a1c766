"""The pages as the server makes them: who sees what, in which language, and never a way out."""

from __future__ import annotations

import httpx
import pytest

from cloud.web.pages import inside
from tests.cloud.api.fake_centre import FakeCentre

HTML = {"Accept": "text/html"}


async def test_a_stranger_goes_to_the_log_in_and_back(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/alarms?state=any&severity=1", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?back=/alarms%3Fstate%3Dany%26severity%3D1"
    page = await stranger.get(answer.headers["location"])
    assert 'data-back="/alarms?state=any&amp;severity=1"' in page.text


@pytest.mark.parametrize(
    "back", ["//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)", "", "/a\nb", "/x\\..\\y"]
)
async def test_going_back_never_leads_to_another_site(stranger: httpx.AsyncClient, back: str) -> None:
    assert inside(back) == "/"
    answer = await stranger.get("/preferences", params={"back": back, "language": "en"})
    assert answer.headers["location"] == "/"


async def test_vietnamese_is_first_and_the_choice_is_kept(operator: httpx.AsyncClient) -> None:
    assert '<html lang="vi" data-theme="dark">' in (await operator.get("/")).text
    await operator.get("/preferences?language=en&theme=light&back=/")
    assert '<html lang="en" data-theme="light">' in (await operator.get("/")).text


@pytest.mark.parametrize(
    "path", ["/", "/devices", "/devices?show=problems", "/alarms?state=any", "/gateways", "/dead-letters"]
)
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_page_is_made(operator: httpx.AsyncClient, path: str, language: str) -> None:
    operator.cookies.set("thacba_language", language)
    answer = await operator.get(path, headers=HTML)
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.text


async def test_alarms_say_that_they_are_internal(operator: httpx.AsyncClient) -> None:
    for path in ("/", "/alarms"):
        assert "Cảnh báo kỹ thuật nội bộ" in (await operator.get(path)).text


async def test_who_may_not_acknowledge_sees_no_button(clients: dict[str, httpx.AsyncClient]) -> None:
    assert "/acknowledge" in (await clients["operator"].get("/alarms")).text
    viewer = (await clients["viewer"].get("/alarms")).text
    assert "/acknowledge" not in viewer
    assert "Chưa xác nhận" in viewer


async def test_filters_live_in_the_address(operator: httpx.AsyncClient) -> None:
    page = (await operator.get("/alarms?state=any&severity=2")).text
    assert page.count("<tr class=") == 1
    assert '<option value="2" selected>' in page
    assert (await operator.get("/alarms?severity=9", headers=HTML)).status_code == 422


async def test_errors_are_pages_for_people(operator: httpx.AsyncClient) -> None:
    answer = await operator.get("/alarms/none", headers=HTML)
    assert answer.status_code == 404
    assert "Không có trang hay đối tượng này." in answer.text


async def test_text_from_devices_and_people_is_never_markup(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    nasty = "<script>alert(1)</script>\"'"
    row = centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, device="gauge-thac-ba", text_vi=nasty)
    await operator.post(f"/api/v1/alarms/{row.id}/comment", json={"comment": nasty})
    for path in ("/", "/alarms", f"/alarms/{row.id}"):
        page = (await operator.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


async def test_the_words_for_scripts_cannot_end_their_element(operator: httpx.AsyncClient) -> None:
    page = (await operator.get("/")).text
    block = page.split('id="words">')[1].split("</script>")[0]
    assert "<" not in block


async def test_the_range_of_a_chart_lives_in_the_address(operator: httpx.AsyncClient) -> None:
    page = (await operator.get("/devices/gw-thao/gauge-yen-bai?range=6h")).text
    assert 'data-span="21600000"' in page
    assert (await operator.get("/devices/gw-thao/gauge-yen-bai?range=9y", headers=HTML)).status_code == 422


async def test_the_ledger_says_what_was_dropped_why_and_when_and_what_is_held(operator: httpx.AsyncClient) -> None:
    operator.cookies.set("thacba_language", "en")
    page = (await operator.get("/gateways")).text
    account = page.split('data-account="gw-nghia-lo"')[1].split("</tbody>")[0]
    for words in ("1,200", "the gateway&#39;s memory was full: 1,200", "12 batches judged", "731–744", "current"):
        assert words in account
    assert "earlier" in page.split('data-account="gw-thao"')[1]
    assert "batches beyond the byte limit: 12" in page.split('data-gateway="gw-thao"')[1].split("</tr>")[0]


async def test_a_gateway_that_nobody_listed_is_named_as_such(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    operator.cookies.set("thacba_language", "en")
    centre.strangers = ("gw-stranger",)
    page = (await operator.get("/gateways")).text
    assert "not listed" in page.split('data-gateway="gw-stranger"')[1].split("</tr>")[0]
