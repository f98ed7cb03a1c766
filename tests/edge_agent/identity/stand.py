"""A centre that a test holds in its hand: real HTTPS, an authority of its own, and answers that can be made wrong."""

from __future__ import annotations

import socket
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import msgspec
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from fastapi import FastAPI, Request, Response

from device_profiles.wire import WireError
from device_profiles.wire.claims import Claim, JoinAnswer, JoinRequest, Welcome, code_of, link_of
from device_profiles.wire.requests import Asked, check_time, read_proof, verify_request
from edge_agent.identity.papers import Identity, read_certificates, request_pem, signing_request
from tests.edge_agent.identity.authority import Authority, now_ms

CODE = code_of(0x7A5E1D2C3B4)
GATEWAY = "gw-tram-yen-bai"
EST = "application/pkcs7-mime"


@dataclass
class Stand:
    """What it was asked, and how it answers. `join` and `reenrol` may be replaced by answers of a test's own."""

    authority: Authority
    url: str = ""
    broker_url: str = "mqtts://127.0.0.1:8883"
    code: str = CODE
    gateway: str = GATEWAY
    joins: list[JoinRequest] = field(default_factory=list)
    reenrolments: int = 0
    refuse: tuple[int, str] | None = None  # status and code of every answer to a gateway
    garble: Callable[[bytes], bytes] | None = None  # what becomes of the certificates of a renewal
    issue: Callable[[x509.CertificateSigningRequest], list[x509.Certificate]] | None = None
    serial_wanted: str = ""
    on_join: Callable[[], object] = lambda: None
    days: int = 90
    made_at: int | None = None  # when the certificates of joins are made; None is now
    clock_ms: Callable[[], int] = now_ms

    @property
    def link(self) -> str:
        """What the QR code of the label holds."""
        return link_of(Claim(self.url, self.code, self.authority.pin))

    def cacerts(self) -> bytes:
        return self._packed([self.authority.issuing, self.authority.root])

    def joined(self, request: JoinRequest) -> JoinAnswer:
        """As the real one: the same key gets the same gateway again."""
        csr = x509.load_pem_x509_csr(request.csr.encode())
        certificate = self.authority.issue(csr, self.gateway, now=self.made_at, days=self.days)
        welcome = Welcome(
            self.gateway, "tram-yen-bai", "Trạm Yên Bái", "Yên Bái station", "Trạm Yên Bái", "Yên Bái station",
            21.7, 104.87, self.broker_url, self.authority.pem, "", self.url, profiles=["river_gauge_radar"],
        )  # fmt: skip
        pem = certificate.public_bytes(Encoding.PEM).decode()
        chain = self.authority.issuing.public_bytes(Encoding.PEM).decode()
        return JoinAnswer(self.gateway, pem, chain, self.authority.pem, welcome)

    def check(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """The key that signs the request is the one of the CSR, and it was signed about now."""
        proof = read_proof(headers)
        key = x509.load_der_x509_csr(b64decode(body)).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        verify_request(key, Asked("POST", path, body), proof)
        check_time(proof.stamp, now=self.clock_ms())

    def renewed(self, body: bytes) -> bytes:
        csr = x509.load_der_x509_csr(b64decode(body))
        if self.issue is not None:
            return self._packed(self.issue(csr))
        certificate = self.authority.issue(csr, self.gateway, days=self.days)
        return self._packed([certificate, self.authority.issuing, self.authority.root])

    def _packed(self, certificates: list[x509.Certificate]) -> bytes:
        packed = b64encode(pkcs7.serialize_certificates(certificates, Encoding.DER))
        return self.garble(packed) if self.garble else packed


def identity_of(stand: Stand, key: ec.EllipticCurvePrivateKey) -> Identity:
    """The identity of a gateway with this key, as joining would make it."""
    said = stand.joined(JoinRequest(CODE, request_pem(signing_request(key, name="box"))))
    (certificate,) = read_certificates(said.certificate.encode())
    chain, roots = read_certificates(said.chain.encode()), read_certificates(said.authorities.encode())
    return Identity(said.gateway, key, certificate, chain, roots, said.welcome)


def problem(status: int, code: str) -> Response:
    body = {"type": f"urn:thacba:problem:{code}", "status": status, "code": code, "detail": f"says {code}"}
    return Response(msgspec.json.encode(body), status, media_type="application/problem+json")


def routes_of(stand: Stand) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/est/cacerts")
    async def cacerts() -> Response:
        return Response(stand.cacerts(), media_type=EST)

    @app.post("/api/v1/enrolment/join")
    async def join(request: Request) -> Response:
        asked = msgspec.json.decode(await request.body(), type=JoinRequest)
        stand.joins.append(asked)
        stand.on_join()
        if stand.refuse is not None:
            return problem(*stand.refuse)
        if asked.code != stand.code:
            return problem(404, "claim_unknown")
        if stand.serial_wanted and asked.serial != stand.serial_wanted:
            return problem(403, "serial_not_expected")
        return Response(msgspec.json.encode(stand.joined(asked)), 201, media_type="application/json")

    @app.post("/.well-known/est/simplereenroll")
    async def reenrol(request: Request) -> Response:
        stand.reenrolments += 1
        body = await request.body()
        try:
            stand.check(request.url.path, body, request.headers)
        except WireError as error:
            return problem(401, error.reason)
        return problem(*stand.refuse) if stand.refuse else Response(stand.renewed(body), media_type=EST)

    return app


@asynccontextmanager
async def served(app: FastAPI, files: tuple[Path, Path] | None, *, port: int = 0) -> AsyncIterator[int]:
    """The application over HTTPS with these files, or over HTTP; gives the port."""
    with socket.create_server(("127.0.0.1", port)) as door:
        settings = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=str(files[0]) if files else None,
            ssl_keyfile=str(files[1]) if files else None,
        )
        settings.load()
        server = uvicorn.Server(settings)
        server.lifespan = settings.lifespan_class(settings)
        server.server_state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
        await server.startup(sockets=[door])  # not serve(): it takes the signals of the whole program
        try:
            yield door.getsockname()[1]
        finally:
            await server.shutdown()


@asynccontextmanager
async def standing(folder: Path, *, authority: Authority | None = None, port: int = 0) -> AsyncIterator[Stand]:
    """The centre, answering at `stand.url`."""
    stand = Stand(authority or Authority())
    async with served(routes_of(stand), stand.authority.server(folder), port=port) as taken:
        stand.url = f"https://127.0.0.1:{taken}"
        yield stand
