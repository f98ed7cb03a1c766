"""The registry over HTTP: who may, what it answers, what it refuses."""

from __future__ import annotations

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.enrolment.requests import new_key, request_for

SITE, OTHER = "site-cau-yen-bai", "site-pvhcc"
WHY = {"reason": "Tủ bị mất trộm."}


async def _joined(engineer: httpx.AsyncClient, code: str) -> None:
    body = {"code": code, "csr": request_for(new_key())}
    assert (await engineer.post("/api/v1/enrolment/join", json=body)).status_code == 201


async def test_a_gateway_through_its_life(engineer: httpx.AsyncClient, centre: FakeCentre) -> None:
    added = (await engineer.post("/api/v1/gateways", json={"site": SITE, "gateway": "gw-new"})).json()
    assert (added["gateway"], added["purpose"], added["site_name"]["vi"] != "") == ("gw-new", "new", True)
    label = (await engineer.post("/api/v1/gateways/gw-new/label", json={})).json()
    assert label["code"] != added["code"]
    await _joined(engineer, label["code"])
    detail = (await engineer.get("/api/v1/gateways/gw-new/enrolment")).json()
    assert detail["gateway"]["state"] == "active"
    assert sorted(each["state"] for each in detail["claims"]) == ["used", "withdrawn"]
    assert label["code"] not in str(detail)
    moved = (await engineer.post("/api/v1/gateways/gw-new/move", json={"site": OTHER})).json()
    assert moved["site"] == OTHER
    replaced = (await engineer.post("/api/v1/gateways/gw-new/replace", json={"serial": "SN-2"})).json()
    assert (replaced["purpose"], replaced["site"], replaced["expected_serial"]) == ("replace", OTHER, "SN-2")
    revoked = (await engineer.post("/api/v1/gateways/gw-new/revoke", json=WHY)).json()
    assert (revoked["state"], revoked["note"], revoked["certificate_ends_at"]) == ("revoked", WHY["reason"], None)
    await centre.enrolment.revoker.pay()
    assert [gateway for gateway, _ in centre.door.put_out] == ["gw-new"]
    retired = (await engineer.post("/api/v1/gateways/gw-new/retire", json=WHY)).json()
    assert retired["state"] == "retired"


async def test_the_registry_lists_gateways_of_files_too(engineer: httpx.AsyncClient) -> None:
    await engineer.post("/api/v1/gateways", json={"site": SITE, "gateway": "gw-a"})
    page = (await engineer.get("/api/v1/enrolment/gateways", params={"limit": 500})).json()
    by_id = {each["gateway"]: each for each in page["items"]}
    assert (by_id["gw-a"]["state"], by_id["gw-a"]["claim_ends_at"] > 0) == ("expected", True)
    assert (by_id["gw-thao"]["state"], by_id["gw-thao"]["in_file"]) == ("listed", True)
    first = (await engineer.get("/api/v1/enrolment/gateways", params={"limit": 1})).json()
    assert (len(first["items"]), first["next"] is not None) == (1, True)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/v1/gateways", {"site": "nowhere"}, 422, "site_unknown"),
        ("/api/v1/gateways", {"site": SITE, "profiles": ["toaster"]}, 422, "profile_unknown"),
        ("/api/v1/gateways", {"site": SITE, "gateway": "gw-thao"}, 409, "gateway_known"),
        ("/api/v1/gateways", {"site": SITE, "gateway": "a b"}, 422, "invalid"),
        ("/api/v1/gateways", {"site": SITE, "valid_days": 999}, 422, "invalid"),
        ("/api/v1/gateways/gw-none/label", {}, 404, "unknown"),
        ("/api/v1/gateways/gw-thao/move", {"site": OTHER}, 409, "in_file"),
        ("/api/v1/gateways/gw-thao/retire", {}, 422, "invalid"),
    ],
)
async def test_what_is_wrong_is_named(
    engineer: httpx.AsyncClient, path: str, body: dict[str, object], status: int, code: str
) -> None:
    answer = await engineer.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_operators_let_nobody_in(operator: httpx.AsyncClient) -> None:
    for path in ("", "/gw-thao/label", "/gw-thao/replace", "/gw-thao/revoke", "/gw-thao/retire", "/gw-thao/move"):
        assert (await operator.post(f"/api/v1/gateways{path}", json={})).status_code == 403
    assert (await operator.get("/api/v1/enrolment/gateways")).status_code == 403
    assert (await operator.get("/api/v1/gateways/gw-thao/enrolment")).status_code == 403
