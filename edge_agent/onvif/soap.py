"""SOAP 1.2 as ONVIF uses it: envelopes with a UsernameToken, and answers read within bounds; pure.

The password never travels: PasswordDigest = Base64(SHA-1(nonce + created + password)), WS-Security UsernameToken
Profile 1.0; `created` is the camera's time, because cameras refuse what seems old (ONVIF Core Specification, 5.9.4).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from edge_agent.connector import LinkError

LONGEST = 524_288
DEEPEST = 40
SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
LOCKED_OUT = ("NotAuthorized", "FailedAuthentication", "InvalidSecurity", "Sender not Authorized")

Element = ElementTree.Element
_DECLARATION = re.compile(r"<!(?!\[CDATA\[|--)")


@dataclass(frozen=True, slots=True)
class Token:
    """Who asks, proven for one request."""

    username: str
    digest: str
    nonce: str
    created: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the action that names it, and its body as XML of namespaces that it declares itself."""

    action: str
    body: str
    to: str = ""  # with WS-Addressing, as subscriptions want it
    message: str = ""


def token_of(username: str, password: str, *, nonce: bytes, at_ms: int) -> Token:
    """The proof for a request that the camera gets at this time of its own clock."""
    created = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return Token(username, digest_of(nonce, created, password), base64.b64encode(nonce).decode(), created)


def digest_of(nonce: bytes, created: str, password: str) -> str:
    """What proves the password without saying it."""
    proof = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return base64.b64encode(proof).decode()


def envelope(call: Call, token: Token | None) -> bytes:
    """The whole request."""
    head = _security(token) if token else ""
    if call.to:
        head += (
            f'<a:Action xmlns:a="{ADDRESSING}" s:mustUnderstand="1">{escape(call.action)}</a:Action>'
            f'<a:To xmlns:a="{ADDRESSING}" s:mustUnderstand="1">{escape(call.to)}</a:To>'
            f'<a:MessageID xmlns:a="{ADDRESSING}">urn:uuid:{escape(call.message)}</a:MessageID>'
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}"><s:Header>{head}</s:Header>'
        f"<s:Body>{call.body}</s:Body></s:Envelope>"
    ).encode()


def answer_in(body: bytes) -> Element:
    """The first thing in the body of an answer; LinkError when it is a fault, or no SOAP."""
    root = parse(body)
    found = next((one for one in root if local(one) == "Body"), None)
    first = next(iter(found), None) if found is not None else None
    if local(root) != "Envelope" or first is None:
        raise LinkError("device", "the answer is no SOAP envelope")
    if local(first) == "Fault":
        said = " ".join(" ".join(first.itertext()).split())[:300]
        codes = " ".join(one.text or "" for one in first.iter() if local(one) in ("Value", "faultcode"))
        locked = any(word.lower() in f"{codes} {said}".lower() for word in LOCKED_OUT)
        raise LinkError("refused" if locked else "device", said or "the camera refuses without a word")
    return first


def parse(body: bytes) -> Element:
    """The document, within bounds of length and depth and without declarations, so that nothing can expand."""
    if len(body) > LONGEST:
        raise LinkError("device", f"the answer is longer than {LONGEST} bytes")
    text = body.decode("utf-8", "replace")
    if _DECLARATION.search(text):
        raise LinkError("device", "the answer declares entities or a document type")
    _check_depth(text)
    try:
        return ElementTree.fromstring(text)  # noqa: S314 -- bounded, and without declarations nothing can expand
    except (ElementTree.ParseError, ValueError) as error:
        raise LinkError("device", f"the answer is no XML: {error}") from error


def local(element: Element) -> str:
    """Its name without the namespace: cameras disagree about versions, hardly about words."""
    return element.tag.rpartition("}")[2]


def all_of(element: Element, name: str) -> Iterator[Element]:
    """Every descendant of this name."""
    return (one for one in element.iter() if local(one) == name)


def text_of(element: Element, *path: str) -> str:
    """The text at this path of names; empty when there is none."""
    for name in path:
        found = next((one for one in element if local(one) == name), None)
        if found is None:
            return ""
        element = found
    return (element.text or "").strip()


def attribute(text: str) -> str:
    """Text as a quoted attribute."""
    return quoteattr(text)


def _security(token: Token) -> str:
    return (
        f'<w:Security xmlns:w="{SECURITY}" s:mustUnderstand="1"><w:UsernameToken>'
        f'<w:Username>{escape(token.username)}</w:Username><w:Password Type="{DIGEST}">{token.digest}</w:Password>'
        f'<w:Nonce EncodingType="{BASE64}">{token.nonce}</w:Nonce>'
        f'<u:Created xmlns:u="{UTILITY}">{token.created}</u:Created></w:UsernameToken></w:Security>'
    )


def _check_depth(text: str) -> None:
    """Elements within elements without end would exhaust the reader's stack."""
    depth = 0
    for found in re.finditer(r"<(/)?[^!?<>][^<>]*?(/)?>", text):
        depth += -1 if found[1] else 0 if found[2] else 1
        if depth > DEEPEST:
            raise LinkError("device", f"the answer is nested deeper than {DEEPEST}")
