"""The centre over HTTPS, as a gateway asks it: whom it believes, and one word for whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import warnings
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from device_profiles.wire.claims import CACERTS_PATH
from edge_agent.identity.errors import AwayError, PapersError, RefusedError
from edge_agent.identity.papers import UNREADABLE
from edge_agent.trust import trusting, trusting_nobody

if TYPE_CHECKING:
    import httpx

WITHIN_S = 30.0  # one bar of 2G in the rain
LONGEST_ANSWER = 1024 * 1024
NAME_MISMATCH = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
DATES = frozenset({9, 10})  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `reason` is the code of an error (RFC 9457), `date_ms` the centre's own time."""

    status: int
    body: bytes
    kind: str = ""
    reason: str = ""
    detail: str = ""
    date_ms: int | None = None

    @property
    def good(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Question:
    """One request; `target` is path and query, below the centre's address."""

    method: str
    target: str
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class CentreDoor:
    """One centre, believed by these authorities (PEM; empty for the system's). Each question has its own connection."""

    def __init__(self, url: str, *, authorities: str = "", with_dates: bool = True) -> None:
        self._url = url.rstrip("/")
        self._authorities = authorities
        self._with_dates = with_dates

    @property
    def prefix(self) -> str:
        """The path below which the centre lies, as it travels in front of every target; mostly empty."""
        return urlsplit(self._url).path

    async def ask(self, question: Question) -> Answer:
        """The answer, also when it says no; AwayError when there is none."""
        return await _exchange(self._url, question, self._context())

    def _context(self) -> ssl.SSLContext:
        try:
            return trusting(self._authorities, with_dates=self._with_dates)
        except ssl.SSLError as error:
            raise PapersError("damaged", "the authorities of the centre cannot be read") from error


async def pinned_authorities(url: str, pin: str) -> str:
    """The centre's root (PEM), whoever brought it: it is the one of the label, or RefusedError `pin_wrong`."""
    answer = await _exchange(url.rstrip("/"), Question("GET", CACERTS_PATH), trusting_nobody())
    if not answer.good:
        raise _away(answer)
    roots = [each for each in certificates_in(answer.body) if fingerprint(each) == pin]
    if not roots:
        raise RefusedError("pin_wrong", url)
    return roots[0].public_bytes(Encoding.PEM).decode()


def certificates_in(body: bytes) -> list[x509.Certificate]:
    """The certificates of a certs-only message (RFC 7030: base64 of PKCS#7); PapersError `garbage` when it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # the reader would make do with what is no DER, and only warn
            return load_der_pkcs7_certificates(b64decode(body))
    except (*UNREADABLE, UserWarning) as error:
        raise PapersError("garbage", "the answer holds no certificates") from error


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, as in the label's pin."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def trouble_of(answer: Answer) -> AwayError | RefusedError:
    """What an answer means that is no good one: whether to try again, and what to tell."""
    if answer.status in BUSY or answer.status // 100 == 3 or not answer.reason:
        return _away(answer)
    return RefusedError(answer.reason, answer.detail)


def _away(answer: Answer) -> AwayError:
    if answer.reason == "too_many" or answer.status == 429:
        return AwayError("too_many", answer.detail)
    if answer.reason or answer.status >= 500:
        return AwayError("centre_fault", f"HTTP {answer.status} {answer.detail}".strip())
    return AwayError("portal", f"HTTP {answer.status}, {answer.kind or 'no content'}")


async def _exchange(url: str, question: Question, context: ssl.SSLContext) -> Answer:
    import httpx  # with the first question: 8 MB for a gateway that may not ask for weeks

    headers = {"Content-Type": question.kind, "Accept-Encoding": "identity", **question.headers}
    try:
        #  no redirects (the code would travel along) and no proxies from the environment of whoever runs us
        async with (
            asyncio.timeout(WITHIN_S),
            httpx.AsyncClient(verify=context, timeout=WITHIN_S, trust_env=False) as client,
            client.stream(question.method, url + question.target, content=question.body, headers=headers) as response,
        ):
            return _answer_of(response, await _body(response))
    except (TimeoutError, httpx.TimeoutException) as error:
        raise AwayError("timeout", f"{urlsplit(url).netloc}, {WITHIN_S:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise AwayError(*_fault(error, url)) from error


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise AwayError("answer_wrong", f"longer than {LONGEST_ANSWER} bytes")
    return bytes(body)


class _Problem(msgspec.Struct):
    code: str = ""
    detail: str = ""


def _answer_of(response: httpx.Response, body: bytes) -> Answer:
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    problem = _Problem()
    if kind == "application/problem+json":
        try:
            problem = msgspec.json.decode(body, type=_Problem)
        except (msgspec.DecodeError, UnicodeDecodeError):
            problem = _Problem(detail="unreadable problem")
    date_ms = _date_ms(response.headers.get("date", ""))
    return Answer(response.status_code, body, kind, problem.code, problem.detail[:300], date_ms)


def _date_ms(text: str) -> int | None:
    try:
        return round(parsedate_to_datetime(text).timestamp() * 1000)
    except ValueError:
        return None


def _fault(error: BaseException, url: str) -> tuple[str, str]:
    """Code and facts of what kept us from the centre."""
    where = urlsplit(url).netloc
    cause: BaseException | None = error
    while cause is not None:
        code = _code_of(cause)
        if code:
            return code, f"{where}: {cause}"[:300]
        cause = cause.__cause__ or cause.__context__
    return "unreachable", f"{where}: {error or type(error).__name__}"[:300]


def _code_of(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        if cause.verify_code in NAME_MISMATCH:
            return "tls_name"
        return "centre_dates" if cause.verify_code in DATES else "authority_unknown"
    if isinstance(cause, ssl.SSLError):
        return "not_tls"
    if isinstance(cause, socket.gaierror):
        return "dns"
    return "timeout" if isinstance(cause, TimeoutError) else ""
