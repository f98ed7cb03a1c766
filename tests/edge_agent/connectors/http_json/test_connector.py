"""Polling devices over real HTTP: well, slow, silent, locked, talking nonsense or far too much."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from device_profiles.load import load_catalogue
from edge_agent.connector import LinkError, Poller, Sample
from edge_agent.connectors.http_json.config import HttpJsonConnection, PushConnection, connection_from_url
from edge_agent.connectors.http_json.connector import build_http_json
from simulators.device import constant
from simulators.devices.http_devices import HttpDevice
from simulators.faults import FaultKind
from simulators.http_server import HttpHost
from tests.readme_check import assert_documented

CATALOGUE = load_catalogue()
NODE = CATALOGUE["air_node"]
AIR: dict[str, Any] = {"pm25": 31.5, "pm10": 48.0, "temp_c": 27.25, "rh": 81, "noise_dba": 55.5}


def poller(url: str, **fields: Any) -> Poller:
    return build_http_json("node-1", HttpJsonConnection(url=url, **fields), NODE)


async def values(device: Poller) -> dict[str, Any]:
    read = [sample for sample in await device.poll() if isinstance(sample, Sample)]
    return {sample.point: sample.fault or sample.value for sample in read}


async def test_an_air_node_is_read() -> None:
    async with HttpDevice(NODE, constant(**AIR)) as node:
        device = poller(node.url)
        assert await values(device) == AIR
        await device.close()
        assert await values(device) == AIR
        await device.close()


@pytest.mark.parametrize("model", [p for p in CATALOGUE.profiles.values() if p.protocol == "http_json"], ids=str)
async def test_every_polled_model_can_be_read(model: Any) -> None:
    ones = {point.key: 1 for point in model.points}
    async with HttpDevice(model, constant(**ones)) as simulated:
        device = build_http_json("d", HttpJsonConnection(url=simulated.url), model)
        assert await values(device) == ones
        await device.close()


async def test_the_key_comes_along(tmp_path: Path) -> None:
    place = tmp_path / "key"
    place.write_text("open sesame")
    async with HttpDevice(NODE, constant(**AIR), key="open sesame") as node:
        for fields in ({}, {"key_file": tmp_path / "gone"}):
            locked_out = poller(node.url, **fields)
            with pytest.raises(LinkError, match="refused"):
                await locked_out.poll()
            await locked_out.close()
        device = poller(node.url, key_file=place)
        assert await values(device) == AIR
        await device.close()


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (FaultKind.SILENT, "timeout"),
        (FaultKind.SLOW, "timeout"),
        (FaultKind.GARBAGE, "device"),
        (FaultKind.EXCEPTION, "device"),
    ],
)
async def test_a_device_that_is_unwell_and_recovers(kind: FaultKind, fault: str) -> None:
    async with HttpDevice(NODE, constant(**AIR)) as node:
        device = poller(node.url, timeout_s=0.3)
        node.faults.start(kind)
        with pytest.raises(LinkError) as caught:
            await device.poll()
        assert caught.value.fault == fault
        node.faults.stop()
        assert await values(device) == AIR
        await device.close()


async def test_nobody_listens() -> None:
    async with HttpDevice(NODE, constant()) as node:
        url = node.url
    device = poller(url)
    with pytest.raises(LinkError, match="refused"):
        await device.poll()
    await device.close()


async def test_missing_points_and_the_devices_own_time() -> None:
    api = FastAPI()

    @api.get("/")
    async def document() -> dict[str, Any]:
        return {"pm25": "12,5", "pm10": None, "temp_c": "26.5", "observed_at": "2024-09-10T07:00:00+07:00"}

    async with HttpHost(api) as host:
        device = poller(host.url)
        assert await values(device) == {
            "pm25": "not_a_number", "pm10": "missing", "temp_c": 26.5, "rh": "missing", "noise_dba": "missing",
        }  # fmt: skip
        read = await device.poll()
        assert {sample.observed_at for sample in read} == {1_725_926_400_000}
        await device.close()


NONSENSE = {
    "long": Response(b'{"a": "' + b"x" * 300_000 + b'"}'),
    "packed": Response(b"{}", headers={"content-encoding": "gzip"}),
    "elsewhere": Response(status_code=302, headers={"location": "http://169.254.169.254/"}),
    "portal": Response(b"<html>Sign in</html>", media_type="text/html"),
    "time": Response(b'{"observed_at": "yesterday"}'),
    "deep": Response(b"[" * 200_000),
}


@pytest.mark.parametrize("kind", sorted(NONSENSE))
async def test_an_answer_that_cannot_be_used(kind: str) -> None:
    api = FastAPI()

    @api.get("/")
    async def document() -> Response:
        return NONSENSE[kind]

    async with HttpHost(api) as host:
        device = poller(host.url)
        with pytest.raises(LinkError) as caught:
            await device.poll()
        assert caught.value.fault == "device"
        await device.close()


async def test_headers_reach_the_device_and_keys_may_travel_in_their_own(tmp_path: Path) -> None:
    seen: dict[str, str] = {}
    api = FastAPI()

    @api.get("/")
    async def document(request: Request) -> dict[str, Any]:
        seen.update(request.headers)
        return dict(AIR)

    (tmp_path / "key").write_text("k")
    async with HttpHost(api) as host:
        device = poller(host.url, headers={"X-Site": "yb"}, key_header="X-Api-Key", key_file=tmp_path / "key")
        assert await values(device) == AIR
        assert (seen["x-site"], seen["x-api-key"]) == ("yb", "k")
        await device.close()


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    device = poller("https://127.0.0.1:9", ca_file=tmp_path / "none.pem")
    with pytest.raises(LinkError, match="certificate authority"):
        await device.poll()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://h/", "http"), ("http:///x", "host"), ("http://user:pass@h/", "key_env"), ("h:80", "http"),
    ],
)  # fmt: skip
def test_a_wrong_address_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        connection_from_url(url)


def test_a_url_becomes_a_connection() -> None:
    assert connection_from_url("https://node.local/data").url == "https://node.local/data"


def test_each_field_is_documented() -> None:
    assert_documented("edge_agent/connectors/http_json", HttpJsonConnection, PushConnection)


def test_tls_contexts_always_check() -> None:
    from edge_agent.http_exchange import trust

    for url in ("http://h", "https://h"):
        assert trust(url, None).verify_mode is ssl.CERT_REQUIRED
