"""Administrators look through the audit log, verify it and take it away."""

from __future__ import annotations

import json

import httpx

from cloud.store.base import AuditRow
from tests.cloud.api.fake_centre import FakeCentre


async def test_rows_are_filtered_paged_verified_and_exported(centre: FakeCentre, admin: httpx.AsyncClient) -> None:
    for number in range(3):
        centre.state.put_audit(AuditRow(100 + number, "lan", "look", f"thing {number}", ""))
    page = (await admin.get("/api/v1/audit", params={"actor": "lan", "limit": 2})).json()
    assert [row["target"] for row in page["items"]] == ["thing 2", "thing 1"]
    rest = (await admin.get("/api/v1/audit", params={"actor": "lan", "cursor": page["next"]})).json()
    assert ([row["target"] for row in rest["items"]], rest["next"]) == (["thing 0"], None)
    found = (await admin.get("/api/v1/audit/verify")).json()
    assert (found["faults"], found["noted_is_there"]) == ([], None)
    noted = found["head"]
    assert (await admin.get("/api/v1/audit/verify", params=noted)).json()["noted_is_there"] is True
    other = {**noted, "digest": "0" * 64}
    assert (await admin.get("/api/v1/audit/verify", params=other)).json()["noted_is_there"] is False
    export = await admin.get("/api/v1/audit/export")
    rows = [json.loads(line) for line in export.text.splitlines()]
    assert rows[-1]["action"] == "audit_export", "taking it away is in it"
    assert [row["previous"] for row in rows[1:]] == [row["digest"] for row in rows[:-1]]
    assert (await admin.get("/api/v1/audit", params={"cursor": "bm8"})).status_code == 400
