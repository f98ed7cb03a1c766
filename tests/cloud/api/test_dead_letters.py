"""Dead letters over HTTP: pages, roles, problems, and the figures on /metrics."""

from __future__ import annotations

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre

LETTERS = "/api/v1/dead-letters"


async def test_letters_are_listed_filtered_and_paged(operator: httpx.AsyncClient) -> None:
    whole = (await operator.get(LETTERS)).json()
    assert {letter["reason"] for letter in whole["items"]} == {"unmapped_point", "unknown_profile"}
    first = (await operator.get(LETTERS, params={"limit": 1})).json()
    rest = (await operator.get(LETTERS, params={"limit": 1, "cursor": first["next"]})).json()
    assert first["items"] + rest["items"] == whole["items"]
    assert rest["next"] is None
    found = (await operator.get(LETTERS, params={"reason": "unmapped_point", "state": "any"})).json()["items"]
    assert [(letter["point"], letter["readings"], letter["state"]) for letter in found] == [("nonsense", 2, "open")]
    assert (await operator.get(LETTERS, params={"gateway": "gw-pvhcc"})).json()["items"] == []


@pytest.mark.parametrize("cursor", ["!!", "eA", "MjAyNC0wOS0xMDp4"])
async def test_a_cursor_of_nobody_is_refused(operator: httpx.AsyncClient, cursor: str) -> None:
    answer = await operator.get(LETTERS, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor")


async def test_an_engineer_retries_and_discards(
    clients: dict[str, httpx.AsyncClient], centre: FakeCentre, admin: httpx.AsyncClient
) -> None:
    engineer = clients["engineer"]
    letters = {letter["reason"]: letter["id"] for letter in (await engineer.get(LETTERS)).json()["items"]}
    detail = (await engineer.get(f"{LETTERS}/{letters['unknown_profile']}")).json()
    assert (detail["values"], detail["letter"]["point"]) == ([31.4], "level_m")
    done = await engineer.post(f"{LETTERS}/{letters['unknown_profile']}/retry")
    assert (done.status_code, done.json()["state"], done.json()["handled_by"]) == (200, "retried", "program-engineer")
    refused = await engineer.post(f"{LETTERS}/{letters['unmapped_point']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (422, "refused")
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await engineer.post(f"{LETTERS}/{letters['unmapped_point']}/discard", json={})).status_code == 422
    farewell = {"reason": " thử nghiệm "}
    done = await engineer.post(f"{LETTERS}/{letters['unmapped_point']}/discard", json=farewell)
    assert (done.json()["state"], done.json()["handled_reason"]) == ("discarded", "thử nghiệm")
    again = await engineer.post(f"{LETTERS}/{letters['unmapped_point']}/discard", json=farewell)
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert (await engineer.post(f"{LETTERS}/{'0' * 16}/retry")).status_code == 404
    terms = centre.bench.terms()
    assert (terms.stored, terms.dropped, terms.dead_lettered) == (1, 2, 0)
    actions = [row["action"] for row in (await admin.get("/api/v1/audit")).json()["items"]]
    assert actions == ["dead_letter_discarded", "dead_letter_retried"]


async def test_the_figures_name_every_reason(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    text = (await operator.get("/metrics")).text
    for line in (
        'thacba_readings{state="dead_lettered"} 3',
        'thacba_readings_dead_lettered{reason="type"} 1',
        'thacba_readings_dead_lettered{reason="unmapped_point"} 2',
        'thacba_readings_dropped{reason="full"} 1290',
    ):
        assert line in text.splitlines()


async def test_the_page_shows_reasons_and_offers_work_to_engineers_only(clients: dict[str, httpx.AsyncClient]) -> None:
    for role, offered in (("operator", 0), ("engineer", 2)):
        page = (await clients[role].get("/dead-letters", headers={"Accept": "text/html"})).text
        assert page.count("data-retry=") == page.count("data-discard=") == offered
        assert "Mẫu thiết bị không có đại lượng này" in page
    assert 'href="/dead-letters"' in (await clients["operator"].get("/gateways")).text
    assert 'href="/dead-letters"' not in (await clients["viewer"].get("/gateways")).text
    found = (await clients["operator"].get("/dead-letters?reason=unmapped_point&state=any")).text
    assert found.count("data-letter=") == 1
