"""Commissioning records over HTTP: gateways bring them signed, people read and print them, strangers do neither."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from device_profiles.wire import encode
from device_profiles.wire.commissioning import CommissioningRecord, SignedRecord, sign_record
from device_profiles.wire.requests import Asked, Stamp, sign_request
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.enrolment.requests import new_key, request_for
from tests.edge_agent.commissioning.visits import desk_in, finished

PATH = "/api/v1/commissioning"
SITE = "site-cau-yen-bai"
NUMBERS = count(1)


@dataclass
class Member:
    """A gateway with a certificate of the centre."""

    name: str
    key: ec.EllipticCurvePrivateKey
    centre: FakeCentre
    client: httpx.AsyncClient

    async def ask(
        self, method: str, target: str, body: bytes, *, key: ec.EllipticCurvePrivateKey | None = None
    ) -> httpx.Response:
        """A signed request."""
        stamp = Stamp(self.name, self.centre.clock.now_ms(), f"nonce-nonce-nonce-{next(NUMBERS)}")
        headers = sign_request(key or self.key, Asked(method, target, body), stamp)
        return await self.client.request(method, target, content=body, headers=headers)

    async def bring(self, signed: SignedRecord) -> httpx.Response:
        return await self.ask("POST", PATH, encode(signed))

    async def bring_files(self, record: CommissioningRecord, folder: Path) -> None:
        for file in record.files:
            answer = await self.ask(
                "PUT", f"{PATH}/{record.id}/files/{file.sha256}?offset=0", (folder / file.sha256).read_bytes()
            )
            assert answer.json()["done"], answer.text


async def joined(name: str, centre: FakeCentre, engineer: httpx.AsyncClient, stranger: httpx.AsyncClient) -> Member:
    ticket = (await engineer.post("/api/v1/gateways", json={"site": SITE, "gateway": name})).json()
    key = new_key()
    answer = await stranger.post("/api/v1/enrolment/join", json={"code": ticket["code"], "csr": request_for(key)})
    assert answer.status_code == 201, answer.text
    return Member(name, key, centre, stranger)


@pytest.fixture
async def member(centre: FakeCentre, engineer: httpx.AsyncClient, stranger: httpx.AsyncClient) -> Member:
    return await joined("gw-moi", centre, engineer, stranger)


@pytest.fixture
def record(tmp_path: Path) -> CommissioningRecord:
    return replace(finished(desk_in(tmp_path / "edge")), gateway="gw-moi", site=SITE)


@pytest.fixture
def files(tmp_path: Path, record: CommissioningRecord) -> Path:
    return tmp_path / "edge" / "commissioning" / record.id / "files"


async def test_a_record_is_brought_shown_and_printed(
    member: Member, record: CommissioningRecord, files: Path, operator: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    receipt = await member.bring(sign_record(record, member.key))
    assert receipt.status_code == 200, receipt.text
    assert set(receipt.json()["missing"]) == {file.sha256 for file in record.files}
    (row,) = (await operator.get(PATH)).json()["items"]
    assert (row["gateway"], row["verdict"], row["complete_at"]) == ("gw-moi", "pass", None)
    await member.bring_files(record, files)
    detail = (await operator.get(f"{PATH}/{record.id}")).json()
    assert detail["record"]["complete_at"]
    assert detail["document"] == msgspec.to_builtins(record)
    photo = record.files[0]
    shown = await operator.get(f"{PATH}/{record.id}/files/{photo.sha256}")
    assert (shown.content, shown.headers["content-type"]) == ((files / photo.sha256).read_bytes(), "image/png")
    small = await operator.get(f"{PATH}/{record.id}/files/{photo.sha256}", params={"size": "small"})
    assert (small.content[:3], small.headers["content-type"]) == (b"\xff\xd8\xff", "image/jpeg")
    for language in ("vi", "en"):
        paper = await operator.get(f"{PATH}/{record.id}/pdf", params={"language": language})
        assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    audit = (await admin.get("/api/v1/audit")).json()["items"]
    assert (audit[0]["action"], audit[0]["target"]) == ("commissioning_print", record.id)


async def test_lists_are_filtered_and_paged(
    member: Member, record: CommissioningRecord, operator: httpx.AsyncClient
) -> None:
    for number in range(3):
        mine = replace(record, id=f"{number:032x}", files=[])
        assert (await member.bring(sign_record(mine, member.key))).status_code == 200
    first = (await operator.get(PATH, params={"limit": 2, "gateway": "gw-moi"})).json()
    rest = (await operator.get(PATH, params={"limit": 2, "cursor": first["next"]})).json()
    assert [row["id"] for row in first["items"] + rest["items"]] == [f"{number:032x}" for number in (2, 1, 0)]
    assert (await operator.get(PATH, params={"gateway": "gw-kein"})).json()["items"] == []


async def test_foreign_hands_are_refused_and_on_record(
    member: Member,
    record: CommissioningRecord,
    centre: FakeCentre,
    engineer: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
) -> None:
    other = await joined("gw-khac", centre, engineer, stranger)
    signed = sign_record(record, member.key)
    stolen = await other.bring(signed)
    assert (stolen.status_code, stolen.json()["code"]) == (403, "signature")
    lying = await other.bring(sign_record(record, other.key))
    assert (lying.status_code, lying.json()["code"]) == (403, "wrong_gateway")
    forged = await member.ask("POST", PATH, encode(signed), key=new_key())
    assert (forged.status_code, forged.json()["code"]) == (401, "forged")
    assert (await member.bring(signed)).status_code == 200
    changed = await member.bring(sign_record(replace(record, note="khác"), member.key))
    assert (changed.status_code, changed.json()["code"]) == (409, "other_record")
    photo = record.files[0]
    part = await other.ask("PUT", f"{PATH}/{record.id}/files/{photo.sha256}?offset=0", b"x")
    assert (part.status_code, part.json()["code"]) == (404, "unknown_file")
    events = (await engineer.get("/api/v1/security-events")).json()["items"]
    assert {(each["gateway"], each["kind"], each["is_grave"]) for each in events} == {
        ("gw-khac", "request_forged", True),
        ("gw-moi", "request_forged", True),
        ("gw-moi", "request_replayed", True),
    }


async def test_the_same_request_is_not_taken_twice(
    member: Member, record: CommissioningRecord, stranger: httpx.AsyncClient, centre: FakeCentre
) -> None:
    body = encode(sign_record(record, member.key))
    headers = sign_request(
        member.key, Asked("POST", PATH, body), Stamp("gw-moi", centre.clock.now_ms(), "nonce-nonce-nonce-x")
    )
    assert (await stranger.post(PATH, content=body, headers=headers)).status_code == 200
    again = await stranger.post(PATH, content=body, headers=headers)
    assert (again.status_code, again.json()["code"]) == (401, "replayed")


async def test_a_revoked_gateway_brings_nothing_more(
    member: Member, record: CommissioningRecord, engineer: httpx.AsyncClient
) -> None:
    answer = await engineer.post("/api/v1/gateways/gw-moi/revoke", json={"reason": "tủ bị mất trộm"})
    assert answer.is_success, answer.text
    refused = await member.bring(sign_record(record, member.key))
    assert (refused.status_code, refused.json()["code"]) == (403, "certificate_revoked")


async def test_what_is_too_large_is_refused_before_it_is_read(member: Member, record: CommissioningRecord) -> None:
    assert (await member.ask("POST", PATH, b"x" * 1_100_000)).status_code == 413
    await member.bring(sign_record(record, member.key))
    target = f"{PATH}/{record.id}/files/{record.files[0].sha256}?offset=0"
    assert (await member.ask("PUT", target, b"x" * 70_000)).status_code == 413
    assert (await member.ask("PUT", target, b"x" * 60_000)).json()["code"] == "too_large"


async def test_strangers_and_viewers_see_no_records(
    member: Member, record: CommissioningRecord, clients: dict[str, httpx.AsyncClient]
) -> None:
    await member.bring(sign_record(record, member.key))
    for path in (PATH, f"{PATH}/{record.id}", f"{PATH}/{record.id}/pdf", f"{PATH}/{record.id}/files/{'0' * 64}"):
        assert (await clients["stranger"].get(path)).status_code == 401
        assert (await clients["viewer"].get(path)).status_code == 403
    assert (await clients["stranger"].post(PATH, content=b"{}")).json()["code"] == "unsigned"


async def test_what_is_not_there_is_unknown(
    member: Member, record: CommissioningRecord, operator: httpx.AsyncClient
) -> None:
    assert (await operator.get(f"{PATH}/{record.id}")).status_code == 404
    await member.bring(sign_record(record, member.key))
    assert (await operator.get(f"{PATH}/{record.id}/files/{record.files[0].sha256}")).status_code == 404  # not come yet
    assert (await operator.get(f"{PATH}/{record.id}/files/..%2f..%2fstate.sqlite3")).status_code == 404
