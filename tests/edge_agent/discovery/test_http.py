"""Finding devices that answer JSON, kiosks, locked doors and plain web pages."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from edge_agent.config import DeviceConfig
from edge_agent.discovery.http import HttpRoom
from simulators.device import constant
from simulators.devices.http_devices import HttpDevice
from simulators.devices.kiosk import Kiosk
from simulators.http_server import HttpHost
from simulators.models import MODELS
from tests.edge_agent.discovery.places import CATALOGUE, found, loopback, ordinary

ROOM = HttpRoom(CATALOGUE)
DOCUMENTS = [profile for profile in CATALOGUE.profiles.values() if profile.protocol == "http_json"]


@pytest.mark.parametrize("profile", ["air_node", "cabinet_ups_router"])
async def test_a_document_of_the_catalogue_is_recognised(profile: str) -> None:
    async with HttpDevice(CATALOGUE[profile], MODELS[profile](3)) as node:
        (finding,) = await found(ROOM(loopback(http_ports=(node.port,))))
    assert finding.profiles[0] == profile, finding.evidence
    assert finding.connection == {"kind": "http_json", "url": node.url}
    device = {"id": "n", "profile": profile, "name": {"vi": "a", "en": "b"}, "connection": finding.connection}
    assert DeviceConfig.model_validate(device).connection.kind == "http_json"


@pytest.mark.parametrize("profile", DOCUMENTS, ids=lambda profile: profile.profile)
async def test_every_json_model_is_among_its_own_suggestions(profile: object) -> None:
    assert isinstance(profile, type(DOCUMENTS[0]))
    async with HttpDevice(profile, constant(**ordinary(profile))) as node:
        (finding,) = await found(ROOM(loopback(http_ports=(node.port,))))
    assert profile.profile in finding.profiles, finding.evidence


async def test_a_kiosk_is_a_kiosk() -> None:
    async with Kiosk(CATALOGUE["kiosk_queue"], MODELS["kiosk_queue"](1)) as kiosk:
        (finding,) = await found(ROOM(loopback(http_ports=(kiosk.port,))))
    assert finding.profiles == ("kiosk_queue",)
    assert finding.connection == {"kind": "kiosk", "url": kiosk.url}


async def test_a_device_that_wants_a_key_says_so() -> None:
    async with HttpDevice(CATALOGUE["air_node"], MODELS["air_node"](1), key="toy") as node:
        (finding,) = await found(ROOM(loopback(http_ports=(node.port,))))
    assert (finding.what, finding.unfinished) == ("wants a key", ("key_file",))


async def test_a_web_page_is_named_without_its_tricks_and_redirects_are_not_followed() -> None:
    asked: list[str] = []
    site = FastAPI(openapi_url=None)

    @site.get("/{path:path}")
    async def page(path: str) -> Response:
        asked.append(path)
        if path == "data":
            return RedirectResponse("/elsewhere")
        return HTMLResponse("<title>Đầu ghi\n &lt;b&gt;hình</title>")

    async with HttpHost(site, host="127.0.0.1", port=0) as host:
        (finding,) = await found(ROOM(loopback(http_ports=(host.port,))))
    assert finding.what == "Đầu ghi <b>hình"  # text; whoever shows it escapes it
    assert asked == ["status", "data", ""]


async def test_endless_answers_and_closed_doors_are_nothing() -> None:
    site = FastAPI(openapi_url=None)

    @site.get("/{path:path}")
    async def page(path: str) -> Response:
        return Response(b"x" * 100_000)

    async with HttpHost(site, host="127.0.0.1", port=0) as host:
        assert await found(ROOM(loopback(http_ports=(host.port, 1)))) == []
