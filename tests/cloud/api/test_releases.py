"""Releases over HTTP, as a gateway fetches them; nobody else does."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest

from device_profiles.wire.claims import join_answer_of
from device_profiles.wire.errors import WireError
from device_profiles.wire.releases import read_release, release_key
from device_profiles.wire.requests import Asked, Stamp, sign_request
from edge_agent.identity.centre import Answer, Question
from edge_agent.updating.sources import CentreSource, NoSuchReleaseError, SourceAwayError
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.enrolment.requests import new_key, request_for
from tests.cloud.releases.sticks import signed_stick


class Asking:
    """A gateway that has joined, over the real API."""

    def __init__(self, client: httpx.AsyncClient, centre: FakeCentre) -> None:
        self.key = new_key()
        self._client = client
        self._centre = centre
        self._asked = 0

    async def ask(self, question: Question) -> Answer:
        self._asked += 1
        stamp = Stamp("gw-new", self._centre.clock.now_ms(), f"nonce-nonce-nonce-{self._asked}")
        signed = sign_request(self.key, Asked(question.method, question.target), stamp)
        answer = await self._client.request(question.method, question.target, headers={**question.headers, **signed})
        return Answer(answer.status_code, answer.content)


@pytest.fixture
async def asking(engineer: httpx.AsyncClient, stranger: httpx.AsyncClient, centre: FakeCentre) -> Asking:
    ticket = (await engineer.post("/api/v1/gateways", json={"site": "site-cau-yen-bai", "gateway": "gw-new"})).json()
    made = Asking(stranger, centre)
    body = {"code": ticket["code"], "csr": request_for(made.key), "serial": "", "agent": "0.1.0"}
    answer = join_answer_of((await stranger.post("/api/v1/enrolment/join", json=body)).content)
    assert answer.gateway == "gw-new"
    return made


async def test_a_gateway_fetches_a_release_in_parts(asking: Asking, centre: FakeCentre, tmp_path: Path) -> None:
    stick = signed_stick(tmp_path)
    centre.releases.add(stick[0])
    source = CentreSource(lambda: asking)
    assert await source.releases() == ["0.2.0"]
    release = read_release(await source.manifest("0.2.0"), release_key(stick[1]))
    name = release.files[0].name
    whole = b""
    while len(whole) < release.files[0].size:
        whole += await source.part("0.2.0", name, offset=len(whole), length=40_000)
    assert whole == (stick[0] / name).read_bytes()
    with pytest.raises(NoSuchReleaseError):
        await source.manifest("9.9")
    with pytest.raises(NoSuchReleaseError):
        await source.part("0.2.0", "release.json", offset=0, length=10)
    with pytest.raises(SourceAwayError):
        await source.part("0.2.0", name, offset=len(whole), length=10)
    with pytest.raises(WireError):
        read_release(await source.manifest("0.2.0"), release_key(base64.b64encode(bytes(32)).decode()))


async def test_who_is_no_gateway_fetches_nothing(stranger: httpx.AsyncClient, operator: httpx.AsyncClient) -> None:
    for client in (stranger, operator):
        for path in ("", "/0.2.0/manifest", "/0.2.0/files/thacba-0.2.0-py3-none-any.whl"):
            assert (await client.get(f"/api/v1/releases{path}")).status_code == 401
