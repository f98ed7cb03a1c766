"""A second pair of eyes over the API: nobody's change of a rule runs until somebody else has switched it on."""

from __future__ import annotations

import httpx
import pytest

from cloud.store.audit_port import AuditFilter
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.sample_rules import FLOOD, FLOOD_TESTS

PATH = "/api/v1/rules/flood_yen_bai"
Clients = dict[str, httpx.AsyncClient]
SECOND = FLOOD.replace("version = 1", "version = 2").replace("above = 32.00", "above = 32.50")


@pytest.fixture
def engineer(clients: Clients, centre: FakeCentre) -> httpx.AsyncClient:
    """One of two people; the other is the administrator."""
    centre.sample_rules.needs_two = True
    centre.sample_rules.opened_again()
    return clients["engineer"]


async def propose(client: httpx.AsyncClient, text: str = SECOND, **more: object) -> httpx.Response:
    etag = (await client.get(PATH)).headers["etag"]
    body = {"text": text, "tests": FLOOD_TESTS, "comment": "công văn 12", **more}
    return await client.put(PATH, json=body, headers={"If-Match": etag})


async def version(client: httpx.AsyncClient) -> int:
    return int((await client.get(PATH)).json()["version"])


async def test_a_change_runs_when_somebody_else_has_switched_it_on(
    engineer: httpx.AsyncClient, clients: Clients, centre: FakeCentre
) -> None:
    answer = await propose(engineer)
    assert (answer.status_code, answer.json()) == (202, {"rule": "flood_yen_bai", "waits": True})
    assert await version(engineer) == 1
    waiting = (await clients["viewer"].get("/api/v1/rule-proposals")).json()["items"][0]
    assert (waiting["rule"], waiting["what"], waiting["comment"]) == ("flood_yen_bai", "saved", "công văn 12")
    seen = (await clients["admin"].get(f"{PATH}/proposal")).json()
    assert "+above = 32.50" in seen["difference"]
    assert (seen["verdict"]["good"], seen["outdated"]) == (True, False)
    own = await engineer.post(f"{PATH}/proposal/switch-on", json={})
    assert (own.status_code, await version(engineer)) == (409, 1)
    assert (await clients["operator"].post(f"{PATH}/proposal/switch-on", json={})).status_code == 403
    done = await clients["admin"].post(f"{PATH}/proposal/switch-on", json={"comment": "đã đối chiếu"})
    assert (done.status_code, await version(engineer)) == (200, 2)
    assert (await engineer.get(f"{PATH}/proposal")).status_code == 404
    newest = (await engineer.get(f"{PATH}/versions")).json()["items"][0]
    assert newest["actor"] == waiting["actor"]
    assert "đã đối chiếu" in newest["comment"]
    written = [each.action for each in centre.state.audit_log.newest(AuditFilter(), before=None, limit=9)]
    assert written[:2] == ["rule_switch_on", "rule_propose"]


async def test_what_could_not_run_is_not_proposed_and_one_change_waits_at_a_time(
    engineer: httpx.AsyncClient, clients: Clients
) -> None:
    assert (await propose(engineer, SECOND.replace("version = 2", "version = 1"))).status_code == 422
    assert (await engineer.get(f"{PATH}/proposal")).status_code == 404
    assert (await propose(engineer)).status_code == 202
    assert (await propose(engineer, SECOND.replace("32.50", "32.60"))).status_code == 202, "his own may be improved"
    assert (await propose(clients["admin"])).status_code == 409
    assert (await clients["admin"].delete(f"{PATH}/proposal", params={"comment": "sai"})).status_code == 204
    assert (await engineer.get(f"{PATH}/proposal")).status_code == 404


async def test_an_administrator_may_act_alone_with_a_reason_and_then_the_other_change_is_outdated(
    engineer: httpx.AsyncClient, clients: Clients
) -> None:
    assert (await propose(engineer)).status_code == 202
    assert (await propose(engineer, alone=True)).status_code == 403
    assert (await propose(clients["admin"], alone=True, comment="")).status_code == 422
    assert (await propose(clients["admin"], alone=True, comment="lũ, không gọi được ai")).status_code == 200
    assert (await clients["admin"].get(f"{PATH}/proposal")).json()["outdated"]
    assert (await clients["admin"].post(f"{PATH}/proposal/switch-on", json={})).status_code == 412


async def test_an_end_and_a_return_wait_too(engineer: httpx.AsyncClient, clients: Clients) -> None:
    await propose(engineer)
    await clients["admin"].post(f"{PATH}/proposal/switch-on", json={})
    etag = (await engineer.get(PATH)).headers["etag"]
    back = await engineer.post(f"{PATH}/restore/1", json={"comment": "nhầm"}, headers={"If-Match": etag})
    assert (back.status_code, await version(engineer)) == (202, 2)
    await clients["admin"].post(f"{PATH}/proposal/switch-on", json={})
    assert await version(engineer) == 3
    etag = (await engineer.get(PATH)).headers["etag"]
    gone = await engineer.delete(PATH, headers={"If-Match": etag})
    assert (gone.status_code, await version(engineer)) == (202, 3)
    assert (await clients["admin"].post(f"{PATH}/proposal/switch-on", json={})).status_code == 200
    assert (await engineer.get(PATH)).status_code == 404
