"""Roll-outs and orders for two people, over the API."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from cloud.access.roles import Role
from tests.cloud.api.fake_centre import PASSWORD, FakeCentre
from tests.fakes import ManualClock

WAVES = "/api/v1/waves"
ORDERS = "/api/v1/commands"
KIOSK = {"gateway": "gw-pvhcc", "device": "kiosk-01", "verb": "reboot", "comment": "treo từ sáng"}


@pytest.fixture
def engineer(clients: dict[str, httpx.AsyncClient]) -> httpx.AsyncClient:
    """A program that may change gateways."""
    return clients["engineer"]


async def person(api: FastAPI, centre: FakeCentre, name: str) -> httpx.AsyncClient:
    """An engineer who has logged in."""
    centre.add_user(name, Role.ENGINEER)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="https://centre.test")
    answer = await client.post("/api/v1/session", json={"user": name, "password": PASSWORD})
    assert answer.is_success
    return client


async def test_a_rollout_is_begun_seen_paused_and_aborted(
    engineer: httpx.AsyncClient, clients: dict[str, httpx.AsyncClient], centre: FakeCentre, clock: ManualClock
) -> None:
    await centre.offices.fill()
    await clock.advance(1)
    wish = {"title": "45 ngày", "patch": "[outbox]\nmax_days = 50\n", "target": {"areas": ["132"]}}
    answer = await engineer.post(WAVES, json={**wish, "plan": {"sizes": [1]}})
    assert answer.status_code == 201, answer.text
    begun = answer.json()
    assert [each["gateway"] for each in begun["members"]] == ["gw-pvhcc", "gw-thao"]
    assert (begun["rollout"]["state"], begun["rollout"]["waves"]) == ("running", 2)
    one = f"{WAVES}/{begun['rollout']['id']}"
    assert (await engineer.post(f"{one}/pause")).json()["rollout"]["state"] == "paused"
    assert (await engineer.post(f"{one}/pause")).status_code == 409
    assert (await engineer.post(f"{one}/abort")).json()["rollout"]["state"] == "aborted"
    listed = (await clients["viewer"].get(WAVES)).json()["items"]
    assert [each["title"] for each in listed] == ["45 ngày", "Giữ dữ liệu 45 ngày"]
    assert (await engineer.get(f"{WAVES}/{'0' * 12}")).status_code == 404


async def test_a_patch_with_faults_is_refused_with_all_of_them(engineer: httpx.AsyncClient) -> None:
    wish = {"title": "x", "patch": "[outbux]\n", "target": {"areas": ["132"]}}
    answer = await engineer.post(WAVES, json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "configuration_refused")
    nobody = {**wish, "patch": "[outbox]\nmax_days = 5\n", "target": {}}
    assert "reaches no gateway" in (await engineer.post(WAVES, json=nobody)).json()["detail"]


async def test_a_release_takes_two_people(engineer: httpx.AsyncClient, api: FastAPI, centre: FakeCentre) -> None:
    wish = {"title": "2.0", "patch": 'release = "2.0.0"\n', "target": {"areas": ["132"]}}
    lan, minh = await person(api, centre, "lan"), await person(api, centre, "minh")
    begun = (await lan.post(WAVES, json=wish)).json()["rollout"]
    assert (begun["state"], begun["release"]) == ("asked", "2.0.0")
    assert (await lan.post(f"{WAVES}/{begun['id']}/confirm")).status_code == 409
    assert (await engineer.post(f"{WAVES}/{begun['id']}/confirm")).status_code == 403
    confirmed = (await minh.post(f"{WAVES}/{begun['id']}/confirm")).json()["rollout"]
    assert (confirmed["state"], confirmed["confirmed_by"]) == ("running", "minh")
    await lan.aclose()
    await minh.aclose()


async def test_a_dangerous_order_is_sent_when_another_person_confirms(
    engineer: httpx.AsyncClient, api: FastAPI, centre: FakeCentre
) -> None:
    lan, minh = await person(api, centre, "lan"), await person(api, centre, "minh")
    asked = await lan.post(ORDERS, json=KIOSK)
    assert (asked.status_code, asked.json()["outcome"], centre.orders) == (202, "asked", [])
    one = f"{ORDERS}/requests/{asked.json()['id']}"
    assert (await lan.post(f"{one}/confirm")).status_code == 409
    assert (await engineer.post(f"{one}/confirm")).status_code == 403
    done = (await minh.post(f"{one}/confirm")).json()
    assert (done["state"], done["decided_by"], done["outcome"]) == ("confirmed", "minh", "done")
    assert [each.verb for each in centre.orders] == ["reboot"]
    actions = [row.action for row in centre.state.audit(limit=3)]
    assert actions == ["command_outcome", "command_confirm", "command_confirm"]  # one was refused
    assert (await minh.post(f"{one}/confirm")).status_code == 409
    await lan.aclose()
    await minh.aclose()


async def test_what_nobody_confirms_in_time_is_never_sent(
    api: FastAPI, centre: FakeCentre, clock: ManualClock, engineer: httpx.AsyncClient
) -> None:
    minh = await person(api, centre, "minh")
    asked = (await engineer.post(ORDERS, json={**KIOSK, "verb": "restart_connector"})).json()
    await clock.advance(15 * 60 + 1)
    answer = await minh.post(f"{ORDERS}/requests/{asked['id']}/confirm")
    assert (answer.status_code, centre.orders) == (409, [])
    (row,) = (await engineer.get(f"{ORDERS}/requests")).json()["items"]
    assert row["state"] == "expired"
    again = (await engineer.post(ORDERS, json=KIOSK)).json()
    await engineer.post(f"{ORDERS}/requests/{again['id']}/withdraw")
    assert (await minh.post(f"{ORDERS}/requests/{again['id']}/confirm")).status_code == 409
    await minh.aclose()


async def test_gateways_take_their_own_verbs(engineer: httpx.AsyncClient, centre: FakeCentre) -> None:
    for device in ("", "@gateway"):
        order = {"gateway": "gw-thao", "device": device, "verb": "log_tail", "arguments": {"lines": 20}}
        assert (await engineer.post(ORDERS, json=order)).json()["outcome"] == "done"
    assert [each.device for each in centre.orders] == ["@gateway", "@gateway"]
    for wrong in ({"verb": "shell"}, {"verb": "log_tail", "arguments": {"path": "/etc"}}, {"verb": "read_now"}):
        answer = await engineer.post(ORDERS, json={"gateway": "gw-thao", **wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "refused")
    assert (await engineer.post(ORDERS, json={"gateway": "gw-9", "verb": "status"})).status_code == 404
