"""What somebody of one sector sees where devices of several hang on one gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cloud.access.roles import Role
from cloud.access.scope import Scope
from cloud.access.sessions import begin_token
from cloud.api.scoped import ScopedCentre
from cloud.rules.gateways import GATEWAY_AWAY
from cloud.store.base import Commit
from cloud.store.commissioning_port import CommissioningRow
from device_profiles.schema import Sector
from device_profiles.wire.helping import ITSELF
from tests.browser.pictures import incident_of
from tests.cloud.api.fake_centre import FakeCentre

MIXED, KIOSK, METER = "gw-pvhcc", "kiosk-01", "meter-pvhcc"
LAKE = {"rule": "flood_yen_bai", "gateway": "gw-thac-ba", "device": "gauge-thac-ba", "site": "site-thac-ba"}
Seen = list[Any]


@asynccontextmanager
async def somebody_of(
    api: FastAPI, centre: FakeCentre, sectors: str, role: Role = Role.ENGINEER
) -> AsyncIterator[httpx.AsyncClient]:
    secret, row = begin_token(f"of-{sectors}", role, now=centre.clock.now_ms(), days=1)
    centre.state.put_secret(replace(row, sectors=sectors))
    transport = httpx.ASGITransport(api)
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url="https://centre.test", headers=headers) as client:
        yield client


async def ids(client: httpx.AsyncClient, path: str, key: str = "id") -> set[str]:
    answer = await client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return {each[key] for each in (found["items"] if isinstance(found, dict) else found)}


async def test_devices_of_other_sectors_on_the_same_gateway_are_not_there(api: FastAPI, centre: FakeCentre) -> None:
    async with somebody_of(api, centre, "public_service") as client:
        assert await ids(client, "/devices") == {KIOSK}
        assert await ids(client, "/gateways") == {MIXED}
        assert await ids(client, "/sites") == {"site-pvhcc"}
        assert await ids(client, "/cameras") == set()
        assert (await client.get(f"/api/v1/devices/{MIXED}/{KIOSK}")).status_code == 200
        for path in (f"/api/v1/devices/{MIXED}/{METER}", f"/devices/{MIXED}/{METER}", "/api/v1/gateways/gw-thao"):
            assert (await client.get(path)).status_code == 404, path
        series = {"gateway": MIXED, "device": METER, "point": "p_w"}
        assert (await client.get("/api/v1/series", params=series)).status_code == 404
        assert (await client.get("/api/v1/summary")).json()["devices"] == 1
        places = (await client.get("/api/v1/map")).json()
        assert "site-pvhcc" in str(places)
        assert "site-cau-yen-bai" not in str(places)
        found = (await client.get("/api/v1/search?q=yen+bai&kind=device")).json()
        assert found == []
        assert (await client.get("/api/v1/exports")).status_code == 403


async def test_only_pages_of_sectors_with_a_model_in_sight_are_there(api: FastAPI, centre: FakeCentre) -> None:
    async with somebody_of(api, centre, "health") as client:
        seen = await ids(client, "/sectors")
        assert "health" in seen
        assert "education" not in seen
        assert (await client.get("/api/v1/sectors/education")).status_code == 404
        assert (await client.get("/sectors/education")).status_code == 404
        assert (await client.get("/sectors/health")).status_code == 200


async def test_alarms_follow_what_their_rules_look_at(api: FastAPI, centre: FakeCentre) -> None:
    now = centre.clock.now_ms()
    flood = centre.raise_alarm("II", at=now, severity=2, **LAKE)
    away = replace(flood, id=f"{flood.id}-away", rule=GATEWAY_AWAY.id, gateway="gw-thao", device=ITSELF)
    centre.state.commit(Commit(alarms=[away]))
    incident = incident_of(centre, flood)
    async with (
        somebody_of(api, centre, "disaster") as theirs,
        somebody_of(api, centre, "security") as others,
        somebody_of(api, centre, " ".join(each.value for each in Sector)) as everybody,
    ):
        assert flood.id in await ids(theirs, "/alarms")
        assert away.id not in await ids(theirs, "/alarms"), "it names devices of others"
        assert {flood.id, away.id} <= await ids(everybody, "/alarms")
        assert not {flood.id, away.id} & await ids(others, "/alarms")
        assert (await theirs.get(f"/api/v1/alarms/{flood.id}")).status_code == 200
        assert (await others.get(f"/api/v1/alarms/{flood.id}")).status_code == 404
        assert incident in await ids(theirs, "/incidents")
        assert incident not in await ids(others, "/incidents")
        assert (await others.get(f"/api/v1/incidents/{incident}")).status_code == 404
        assert (await theirs.get("/api/v1/summary")).json()["alarms_open"] >= 1
        assert (await others.get("/api/v1/summary")).json()["alarms_open"] == 0


async def test_what_belongs_to_a_gateway_as_a_whole_is_for_whoever_sees_all_of_it(
    api: FastAPI, centre: FakeCentre
) -> None:
    for name, gateway in (("r1", "gw-thao"), ("r2", "gw-thac-ba")):
        row = CommissioningRow(name, gateway, "", "", "", "passed", 1, 2, 3, None, 0, "", "", "")
        centre.state.commissioning.add(row, ())
    async with somebody_of(api, centre, "disaster") as client:
        assert await ids(client, "/gateways") >= {"gw-thao", "gw-thac-ba"}
        assert await ids(client, "/commissioning") == {"r2"}
        assert (await client.get("/api/v1/commissioning/r1")).status_code == 404
        assert await ids(client, "/dead-letters", "gateway") <= {"gw-thac-ba", "gw-mcc"}


@pytest.mark.parametrize(("sector", "told"), [(Sector.PUBLIC_SERVICE, [KIOSK]), (Sector.ENVIRONMENT, [])])
async def test_the_live_feed_tells_of_the_own_devices_only(centre: FakeCentre, sector: Sector, told: Seen) -> None:
    hub, number = ScopedCentre(centre, Scope(sectors=frozenset({sector}))).hub, centre.hub.number
    centre.measure("gw-thao", "gauge-yen-bai", "level_m", 31.9)
    centre.measure(MIXED, KIOSK, "waiting", 13)
    centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, **LAKE)
    async with asyncio.timeout(20):
        async for changes in hub.subscribe(number):
            assert [each.body["device"] for each in changes] == told
            break


async def test_pages_do_not_offer_what_is_of_other_sectors(api: FastAPI, centre: FakeCentre) -> None:
    copy = 'id="do-copy"'
    async with somebody_of(api, centre, "disaster") as theirs, somebody_of(api, centre, "health") as others:
        assert copy in (await theirs.get("/disaster")).text
        assert copy not in (await others.get("/disaster")).text
        bulletin = {"title": "Tin lũ", "text": "31,40 m", "hazard": "flood", "source": "https://kttv.example/1"}
        assert (await others.post("/api/v1/disaster/bulletins", json=bulletin)).status_code in (403, 404, 422)
        assert "Tình hình trong phạm vi của bạn" in (await others.get("/leader")).text


async def test_areas_and_sectors_narrow_together(centre: FakeCentre) -> None:
    both = ScopedCentre(centre, Scope(frozenset({"141"}), frozenset({Sector.DISASTER})))
    assert [each.id for each in both.devices()] == ["gauge-thac-ba"]
    assert [each.id for each in both.gateways()] == ["gw-thac-ba"]
    neither = ScopedCentre(centre, Scope(frozenset({"141"}), frozenset({Sector.PUBLIC_SERVICE})))
    assert not neither.devices()
    assert not neither.sites()
