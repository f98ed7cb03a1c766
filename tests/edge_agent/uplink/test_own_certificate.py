"""mTLS on a real Mosquitto: whoever shows a good certificate is let in under its name, and every refusal has a word."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from edge_agent.identity.papers import certificates_pem, key_pem, new_key, signing_request
from edge_agent.uplink.faults import DAMAGED, EXPIRED, REVOKED, UNWANTED
from edge_agent.uplink.link import Credential, Link
from tests.edge_agent.identity.authority import DAY_MS, Authority, now_ms
from tests.edge_agent.uplink.carrier import GATEWAY, carrying, word_for
from tests.servers import Server, free_port, run_mosquitto
from tests.waiting import eventually


@dataclass(frozen=True)
class Door:
    """A broker that asks everybody for a certificate, and the folder of the gateway's own."""

    broker: Server
    port: int
    authority: Authority
    revoked: x509.Certificate

    def link(self, folder: Path, certificate: x509.Certificate, *, key: bytes = b"") -> Link:
        """The link that shows this certificate, whose key lies in the folder unless another one is given."""
        credential = Credential(folder / "certificate.pem", folder / "key.pem")
        credential.certificate_file.write_bytes(certificates_pem([certificate, self.authority.issuing]))
        credential.key_file.write_bytes(key or key_pem(KEY))
        return Link("127.0.0.1", self.port, encrypted=True, authorities=self.authority.pem, credential=credential)


KEY = new_key()
REQUEST = signing_request(KEY, name="gateway")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("mtls")
    authority, port = Authority(), free_port()
    certificate, key = authority.server(folder)
    revoked = authority.issue(REQUEST, GATEWAY)
    (folder / "root.pem").write_text(authority.pem)
    (folder / "crl.pem").write_bytes(authority.revocation_list([revoked]).public_bytes(Encoding.PEM))
    more = [f"listener {port} 127.0.0.1", f"certfile {certificate}", f"keyfile {key}", f"cafile {folder / 'root.pem'}"]
    more += ["require_certificate true", "use_identity_as_username true", f"crlfile {folder / 'crl.pem'}"]
    with run_mosquitto(more=more) as broker:
        yield Door(broker, port, authority, revoked)


async def test_a_member_is_let_in_under_the_name_of_its_certificate(
    door: Door, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with carrying(door.link(tmp_path, door.authority.issue(REQUEST, GATEWAY))) as carrier:
        await eventually(lambda: carrier.uplink.standing.is_up)
    assert f"as {GATEWAY} (p2, c1" in door.broker.log
    assert f"u'{GATEWAY}'" in door.broker.log


@pytest.mark.parametrize("word", [EXPIRED, REVOKED, UNWANTED, DAMAGED])
async def test_every_refusal_has_its_word(
    door: Door, tmp_path: Path, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    certificate = door.authority.issue(REQUEST, GATEWAY)
    key = b""
    if word == EXPIRED:
        certificate = door.authority.issue(REQUEST, GATEWAY, now=now_ms() - 91 * DAY_MS)
    elif word == REVOKED:
        certificate = door.revoked
    elif word == UNWANTED:
        certificate = Authority("stranger").issue(REQUEST, GATEWAY)
    else:
        key = key_pem(new_key())
    assert await word_for(door.link(tmp_path, certificate, key=key), caplog) == word
