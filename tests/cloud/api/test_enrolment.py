"""Joining over HTTP, as a gateway and as a foreign EST client do it; and everything that is refused."""

from __future__ import annotations

import base64
import hashlib

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from fastapi import FastAPI

from cloud.api.enrolment import GatewayDep
from cloud.api.problems import add_problems
from device_profiles.wire.claims import code_of, join_answer_of, parse_claim
from device_profiles.wire.requests import Asked, Stamp, sign_request
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.enrolment.requests import new_key, request_for

JOIN = "/api/v1/enrolment/join"
SITE = "site-cau-yen-bai"
EST = "/.well-known/est"


async def _added(engineer: httpx.AsyncClient, **more: object) -> dict[str, str]:
    answer = await engineer.post("/api/v1/gateways", json={"site": SITE, **more})
    assert answer.status_code == 201, answer.text
    ticket: dict[str, str] = answer.json()
    return ticket


def _signed(
    key: ec.EllipticCurvePrivateKey, centre: FakeCentre, asked: Asked, *, gateway: str, n: int = 1
) -> dict[str, str]:
    return sign_request(key, asked, Stamp(gateway, centre.clock.now_ms(), f"nonce-nonce-nonce-{n}"))


async def test_a_box_joins_with_the_code_of_its_label(engineer: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    ticket = await _added(engineer, gateway="gw-new", serial="SN-7")
    claim, key = parse_claim(ticket["link"]), new_key()
    trusted = pkcs7.load_der_pkcs7_certificates(base64.b64decode((await stranger.get(f"{EST}/cacerts")).content))
    assert claim.pin in {hashlib.sha256(each.public_bytes(Encoding.DER)).hexdigest() for each in trusted}
    body = {"code": claim.code, "csr": request_for(key), "serial": "SN-7", "agent": "1.0", "later": 1}
    response = await stranger.post(JOIN, json=body)
    assert response.status_code == 201
    answer = join_answer_of(response.content)
    assert (answer.gateway, answer.welcome.site, answer.welcome.centre_url) == ("gw-new", SITE, "https://centre.test")
    assert (await stranger.post(JOIN, json=body)).json() == response.json()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"serial": "SN-8"}, 403, "serial_not_expected"),
        ({"csr": "rubbish"}, 422, "csr_wrong"),
        ({"code": code_of(5)}, 403, "claim_unknown"),
    ],
)
async def test_a_refusal_says_why_in_one_word(
    engineer: httpx.AsyncClient, stranger: httpx.AsyncClient, change: dict[str, str], status: int, code: str
) -> None:
    ticket = await _added(engineer, serial="SN-7")
    body = {"code": ticket["code"], "csr": request_for(new_key()), "serial": "SN-7"}
    response = await stranger.post(JOIN, json=body | change)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_code_is_never_repeated_in_an_error(stranger: httpx.AsyncClient) -> None:
    response = await stranger.post(JOIN, json={"code": "K7QPM-2XV9D" * 20, "csr": "x"})
    assert response.status_code == 422
    assert "K7QPM" not in response.text


async def test_the_second_box_shows_in_the_security_events_and_the_audit(
    engineer: httpx.AsyncClient, stranger: httpx.AsyncClient, admin: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    ticket = await _added(engineer, gateway="gw-new")
    for status in (201, 403):
        response = await stranger.post(JOIN, json={"code": ticket["code"], "csr": request_for(new_key())})
        assert response.status_code == status
    assert response.json()["code"] == "claim_used"
    (event,) = (await engineer.get("/api/v1/security-events", params={"gateway": "gw-new"})).json()["items"]
    assert (event["kind"], event["source"], event["is_grave"], event["times"]) == (
        "claim_replayed",
        "127.0.0.1",
        True,
        1,
    )
    actions = [(each["actor"], each["action"]) for each in (await admin.get("/api/v1/audit")).json()["items"]]
    assert actions[:3] == [
        ("security", "claim_replayed"),
        ("gateway gw-new", "gateway_join"),
        ("program-engineer", "gateway_add"),
    ]
    assert (await operator.get("/api/v1/security-events")).status_code == 403


async def test_who_guesses_must_wait_and_people_are_told(stranger: httpx.AsyncClient, centre: FakeCentre) -> None:
    for number in range(30):
        response = await stranger.post(JOIN, json={"code": code_of(number), "csr": "x"})
        assert response.json()["code"] == "claim_unknown"
    response = await stranger.post(JOIN, json={"code": code_of(99), "csr": "x"})
    assert (response.status_code, response.json()["code"]) == (429, "too_many")
    assert int(response.headers["retry-after"]) > 0
    assert [each.part for each in centre.enrolment.events.troubles()] == ["claim_guessed"]


async def test_a_foreign_est_client_joins_and_renews(
    engineer: httpx.AsyncClient, stranger: httpx.AsyncClient, centre: FakeCentre
) -> None:
    ticket, key = await _added(engineer, gateway="gw-new"), new_key()
    der = x509.load_pem_x509_csr(request_for(key).encode()).public_bytes(Encoding.DER)
    body = base64.encodebytes(der)
    refused = await stranger.post(f"{EST}/simpleenroll", content=body)
    assert (refused.status_code, "Basic" in refused.headers["www-authenticate"]) == (401, True)
    response = await stranger.post(f"{EST}/simpleenroll", content=body, auth=("anything", ticket["code"]))
    assert response.headers["content-type"] == "application/pkcs7-mime; smime-type=certs-only"
    leaf, *_ = pkcs7.load_der_pkcs7_certificates(base64.b64decode(response.content))
    names = {
        each.subject.rfc4514_string() for each in pkcs7.load_der_pkcs7_certificates(base64.b64decode(response.content))
    }
    assert "CN=gw-new" in names
    asked = Asked("POST", f"{EST}/simplereenroll", body)
    headers = _signed(key, centre, asked, gateway="gw-new")
    again = await stranger.post(asked.target, content=body, headers=headers)
    assert again.status_code == 200
    renewed = pkcs7.load_der_pkcs7_certificates(base64.b64decode(again.content))
    assert leaf not in [each for each in renewed if each.subject.rfc4514_string() == "CN=gw-new"]
    replayed = await stranger.post(asked.target, content=body, headers=headers)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "replayed")
    wrong = await stranger.post(f"{EST}/simpleenroll", content=b"???", auth=("", ticket["code"]))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "csr_wrong")


async def test_other_routes_take_signed_requests_with_query_and_body(
    engineer: httpx.AsyncClient, stranger: httpx.AsyncClient, centre: FakeCentre
) -> None:
    ticket, key = await _added(engineer, gateway="gw-new"), new_key()
    assert (await stranger.post(JOIN, json={"code": ticket["code"], "csr": request_for(key)})).status_code == 201
    app = FastAPI()
    app.state.centre = centre
    add_problems(app)

    @app.put("/api/v1/anything")
    async def anything(gateway: GatewayDep) -> str:
        return gateway

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://centre.test") as client:
        asked = Asked("PUT", "/api/v1/anything?x=1%20y", b"\x00photo")
        headers = _signed(key, centre, asked, gateway="gw-new")
        answer = await client.put(asked.target, content=asked.body, headers=headers)
        assert (answer.status_code, answer.json()) == (200, "gw-new")
        forged = await client.put(
            asked.target, content=b"\x01photo", headers=_signed(key, centre, asked, gateway="gw-new", n=2)
        )
        assert (forged.status_code, forged.json()["code"]) == (401, "forged")
        assert (await client.put(asked.target)).json()["code"] == "unsigned"
        await engineer.post("/api/v1/gateways/gw-new/revoke", json={"reason": "mất trộm"})
        revoked = await client.put(
            asked.target, content=asked.body, headers=_signed(key, centre, asked, gateway="gw-new", n=3)
        )
        assert (revoked.status_code, revoked.json()["code"]) == (403, "certificate_revoked")
