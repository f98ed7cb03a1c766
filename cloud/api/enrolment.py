"""What gateways ask: to join, to be trusted anew, whom to trust (EST, RFC 7030); signed requests are proved here."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from cloud.access.attempts import PER_ADDRESS, Attempts
from cloud.access.secrets import digest_of
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep
from cloud.api.problems import ProblemError
from cloud.enrolment.authority import Authority
from cloud.enrolment.joining import JoinRefusedError
from cloud.enrolment.security import CLAIM_GUESSED
from cloud.enrolment.verifying import RequestRefusedError
from device_profiles.wire.claims import JoinAnswer, JoinRequest
from device_profiles.wire.requests import Asked

router = APIRouter(tags=["enrolment"])
EST: Final = "/.well-known/est"
PKCS7: Final = "application/pkcs7-mime; smime-type=certs-only"
IN_BASE64: Final = {"Content-Transfer-Encoding": "base64"}
LONGEST_CSR: Final = 8192
_STATUS: Final = {"csr_wrong": 422, "too_many": 429}
_FORBIDDEN: Final = frozenset({"certificate_revoked", "gateway_retired"})


class NewMember(BaseModel):
    """What a gateway brings: the code of its label, and a signing request for the key that it made."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    code: str = Field(max_length=64)
    csr: str = Field(max_length=LONGEST_CSR, description="PEM; of what it says only the key counts.")
    serial: str = Field("", max_length=64, description="Serial number of the box.")
    agent: str = Field("", max_length=64, description="Version of its program.")


async def gateway_of(request: Request, centre: CentreDep) -> str:
    """The gateway that signed this request (device_profiles/wire/requests.py); 401 or 403 when none did.

    For routes that gateways call: `gateway: GatewayDep`, and Open.EVERYONE in the policy. It reads the whole body.
    """
    return await _proved(request, centre)


GatewayDep = Annotated[str, Depends(gateway_of)]


@router.post("/api/v1/enrolment/join", summary="Join with a claim", status_code=201)
async def join(member: NewMember, request: Request, centre: CentreDep) -> Response:
    """The identity of a new gateway, once for each claim; the same box may ask again for a quarter of an hour."""
    answer = await _joined(JoinRequest(member.code, member.csr, member.serial, member.agent), request, centre)
    return JSONResponse(msgspec.to_builtins(answer), 201)


@router.get(f"{EST}/cacerts", summary="Whom to trust (EST)")
async def cacerts(centre: CentreDep) -> Response:
    """Our authorities; who asks without trusting this connection compares the root with the pin of its label."""
    return _certificates(_authority(centre).certificates_der())


@router.post(f"{EST}/simpleenroll", summary="Join with a claim (EST)")
async def simpleenroll(request: Request, centre: CentreDep) -> Response:
    """For foreign clients: HTTP Basic with the code as password, a PKCS #10 request as body."""
    code, csr = _password_in(request), _pem_of(await request.body())
    answer = await _joined(JoinRequest(code, csr), request, centre)
    return _certificates(_authority(centre).certificates_der(answer.certificate))


@router.post(f"{EST}/simplereenroll", summary="A successor for a certificate (EST)")
async def simplereenroll(request: Request, centre: CentreDep) -> Response:
    """Signed by the gateway, also with a certificate that has ended not too long ago."""
    gateway = await _proved(request, centre, allow_expired=True)
    try:
        async with request.app.state.joins:
            row = await centre.enrolment.joining.renew(gateway, _pem_of(await request.body()))
    except JoinRefusedError as error:
        raise _refusal(error) from error
    return _certificates(_authority(centre).certificates_der(row.pem))


def source_of(request: Request) -> str:
    """The address that asks."""
    return request.client.host if request.client else ""


async def _joined(wanted: JoinRequest, request: Request, centre: Centre) -> JoinAnswer:
    """Joins, unless this address has guessed too often; only unknown codes count as guesses."""
    attempts: Attempts = request.app.state.join_attempts
    source, word = source_of(request), digest_of(wanted.code)
    now = centre.clock.now_ms()
    wait_ms = attempts.wait_ms(word, source, now=now)
    if wait_ms:
        headers = {"Retry-After": str(-(-wait_ms // 1000))}
        raise ProblemError(429, "too_many", "Too many unknown codes from this address: wait.", headers)
    try:
        async with request.app.state.joins:
            return await centre.enrolment.joining.join(wanted, source=source)
    except JoinRefusedError as error:
        if error.reason == "claim_unknown":
            attempts.failed(word, source, now=now)
            if attempts.wait_ms("", source, now=now):
                await centre.enrolment.events.record(CLAIM_GUESSED, source=source, detail=f"{PER_ADDRESS} codes")
        raise _refusal(error) from error


async def _proved(request: Request, centre: Centre, *, allow_expired: bool = False) -> str:
    asked = Asked(request.method, _target(request, centre), await request.body())
    try:
        return await centre.enrolment.verifier.check(
            request.headers, asked, source=source_of(request), allow_expired=allow_expired
        )
    except RequestRefusedError as error:
        status = 403 if error.reason in _FORBIDDEN else 401
        raise ProblemError(status, error.reason, str(error)) from error


def _target(request: Request, centre: Centre) -> str:
    """Path and query as the gateway signed them: a proxy may have taken the prefix of our address away."""
    path = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0] or request.url.path
    prefix = urlsplit(centre.enrolment.centre_url).path.rstrip("/")
    if prefix and not path.startswith(f"{prefix}/"):
        path = prefix + path
    query = request.scope["query_string"].decode("ascii", "replace")
    return f"{path}?{query}" if query else path


def _authority(centre: Centre) -> Authority:
    authority = centre.enrolment.authority
    if authority is None:
        raise ProblemError(404, "no_authority", "This centre has no authority: it takes no gateways in.")
    return authority


def _password_in(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() == "basic":
            return base64.b64decode(secret, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        pass
    headers = {"WWW-Authenticate": 'Basic realm="thacba: the code of the label is the password"'}
    raise ProblemError(401, "code_missing", "Send the code of the label as the password (HTTP Basic).", headers)


def _pem_of(body: bytes) -> str:
    """A signing request as PEM, whether it came as PEM or, as EST wants it, as base64 of DER."""
    if len(body) > LONGEST_CSR:
        raise ProblemError(413, "too_large", f"A signing request has at most {LONGEST_CSR} bytes.")
    if body.lstrip().startswith(b"-----BEGIN"):
        return body.decode("ascii", "replace")
    try:
        return x509.load_der_x509_csr(base64.b64decode(body)).public_bytes(Encoding.PEM).decode()
    except ValueError as error:
        raise ProblemError(422, "csr_wrong", "The signing request cannot be read.") from error


def _certificates(der: bytes) -> Response:
    return Response(base64.encodebytes(der), media_type=PKCS7, headers=IN_BASE64)


def _refusal(error: JoinRefusedError) -> ProblemError:
    return ProblemError(_STATUS.get(error.reason, 403), error.reason, str(error))
