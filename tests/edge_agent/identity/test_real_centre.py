"""A box and the real centre over HTTPS: label, join, renewal, revocation, and the second box with the same label."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.web.app import create_site
from edge_agent.identity.errors import RefusedError
from edge_agent.identity.papers import new_key, prove
from tests.cloud.api.fake_centre import FakeCentre
from tests.edge_agent.identity.authority import now_ms
from tests.edge_agent.identity.box import Boxed, kept
from tests.edge_agent.identity.stand import served
from tests.fakes import ManualClock
from tests.waiting import eventually

SITE = "site-cau-yen-bai"


class Real:
    """The centre behind its own certificate, and an engineer's key to its API."""

    def __init__(self, centre: FakeCentre, url: str) -> None:
        self.centre = centre
        self.url = url
        secret, row = begin_token("labels", Role.ENGINEER, now=centre.clock.now_ms(), days=1)
        centre.state.put_secret(row)
        self._headers = {"Authorization": f"Bearer {secret}"}

    async def ask(self, path: str, document: dict[str, object]) -> dict[str, str]:
        """What the centre answers to an engineer."""
        transport = httpx.ASGITransport(create_site(self.centre))
        async with httpx.AsyncClient(
            transport=transport, base_url="https://centre.test", headers=self._headers
        ) as client:
            answer = await client.post(f"/api/v1/gateways{path}", json=document)
        assert answer.is_success, answer.text
        said: dict[str, str] = answer.json()
        return said

    async def label(self, gateway: str, **more: object) -> str:
        """The link of a new gateway's label."""
        ticket = await self.ask("", {"site": SITE, "gateway": gateway, **more})
        return ticket["link"].replace("https://centre.test", self.url)

    def settle(self, boxed: Boxed) -> None:
        """The sample's centre does not know at which port it is served."""
        path = boxed.store.folder / "welcome.json"
        welcome = msgspec.json.decode(path.read_bytes())
        path.write_bytes(msgspec.json.encode({**welcome, "centre_url": self.url}))

    def kinds(self) -> list[str]:
        """The security events so far."""
        return [row.kind for row in self.centre.state.enrolment.events(before=None, limit=100)]


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[Real]:
    folder = tmp_path / "centre"
    folder.mkdir()
    centre = FakeCentre(folder, ManualClock(now_ms()))
    centre.prepare()
    await centre.enrolment.open()
    authority = centre.enrolment.authority
    assert authority is not None
    key = new_key()
    certificate = folder / "server.pem"
    pem = authority.issue_server(key.public_key(), ["127.0.0.1"], now=centre.clock.now_ms(), days=30)
    certificate.write_text(pem + authority.chain_pem)
    secret = folder / "server-key.pem"
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    async with served(create_site(centre), (certificate, secret)) as port:
        yield Real(centre, f"https://127.0.0.1:{port}")
    centre.state.close()


async def test_the_real_centre_takes_a_box_in_and_renews_its_certificate(real: Real, tmp_path: Path) -> None:
    boxed = Boxed(tmp_path / "box", serial="SN-7")
    identity = await boxed.join(await real.label("gw-new", serial="SN-7"))
    prove(identity, now=now_ms())
    assert (identity.gateway, identity.welcome.site) == ("gw-new", SITE)
    real.settle(boxed)
    settled = boxed.store.load()
    assert settled is not None
    renewed = await boxed.renewer.renew(settled)
    assert renewed.certificate.serial_number != identity.certificate.serial_number
    assert boxed.store.load() == renewed
    assert real.kinds() == []


async def test_the_second_box_with_the_same_label_is_refused_and_the_first_may_ask_again(
    real: Real, tmp_path: Path
) -> None:
    link = await real.label("gw-new")
    first, second = Boxed(tmp_path / "first"), Boxed(tmp_path / "second", serial="SN-2")
    identity = await first.join(link)
    with pytest.raises(RefusedError, match="claim_used"):
        await second.join(link)
    assert second.keeper.standing().state == "refused"
    assert "claim_replayed" in real.kinds()
    first.store.key_file.rename(first.store.folder / "claim-key.pem")  # as if the answer had been lost
    first.store.certificate_file.unlink()
    assert (await first.join(link)).certificate == identity.certificate


async def test_a_box_with_another_serial_number_is_told_so(real: Real, tmp_path: Path) -> None:
    boxed = Boxed(tmp_path / "box", serial="SN-8")
    with pytest.raises(RefusedError, match="serial_not_expected"):
        await boxed.join(await real.label("gw-new", serial="SN-7"))


async def test_a_revoked_gateway_hears_it_from_the_real_centre(real: Real, tmp_path: Path) -> None:
    boxed = Boxed(tmp_path / "box")
    await boxed.join(await real.label("gw-new"))
    real.settle(boxed)
    await real.ask("/gw-new/revoke", {"reason": "stolen"})
    async with kept(boxed) as keeper:
        keeper.refused("own_certificate_revoked")
        await eventually(lambda: keeper.standing().state == "revoked")


async def test_a_clock_that_is_an_hour_late_signs_with_the_centres_time(real: Real, tmp_path: Path) -> None:
    boxed = Boxed(tmp_path / "box", clock=ManualClock(now_ms() - 3_600_000))
    identity = await boxed.join(await real.label("gw-new"))
    here = replace(identity, welcome=msgspec.structs.replace(identity.welcome, centre_url=real.url))
    assert (await boxed.renewer.renew(here)).certificate != identity.certificate
