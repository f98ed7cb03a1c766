"""Notices through the API: filtered, with every attempt, page by page, and the call list."""

from __future__ import annotations

from dataclasses import replace

import httpx

from cloud.store.base import Commit, NoticeRow
from cloud.store.notice_port import AttemptRow, NoticeChange
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.notify.contents import AT, row


def calling(number: int = 1) -> NoticeRow:
    """Somebody who is to be telephoned."""
    key = f"alarm-{number}:III:1:person:an"
    return replace(row(number), key=key, channel="person:an", state="calling", error="not taken in time", step=2)


async def test_notices_are_filtered_and_show_every_attempt(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    digest = replace(row(9), key="digest:ops:1", alarm="", state="sent", via="ops")
    inside = [replace(row(number), state="digest", digest=digest.key) for number in (1, 2)]
    alone = replace(row(3, severity=3), state="failed", error="answered 500")
    centre.state.commit(Commit(notices=[digest, *inside, alone]))
    attempts = [AttemptRow(alone.key, "ops", "", AT + number, "failed", "answered 500") for number in range(2)]
    centre.notices.settle(NoticeChange(attempts=attempts))

    async def keys(**wanted: object) -> list[str]:
        answer = await operator.get("/api/v1/notices", params=wanted)
        return sorted(item["key"] for item in answer.json()["items"] if item["created_at"] == AT)

    assert await keys(state="digest") == sorted(each.key for each in inside)
    assert await keys(digest=digest.key, alarm="alarm-2") == [inside[1].key]
    assert await keys(recipient="ops", severity=3) == [alone.key]
    [failed] = (await operator.get("/api/v1/notices", params={"state": "failed"})).json()["items"]
    assert [(tried["at"], tried["outcome"], tried["error"]) for tried in failed["tried"]] == [
        (AT, "failed", "answered 500"),
        (AT + 1, "failed", "answered 500"),
    ]
    assert (await operator.get("/api/v1/notices", params={"state": "lost"})).status_code == 422


async def test_pages_follow_each_other_also_within_one_moment(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    centre.state.commit(Commit(notices=[row(number) for number in range(7)]))
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await operator.get("/api/v1/notices", params={"limit": 3, **cursor})).json()
        found.extend(item["key"] for item in page["items"])
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(found) == len(set(found)) == sum(centre.notices.counts().values())
    wrong = await operator.get("/api/v1/notices", params={"cursor": "bm8"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "cursor")


async def test_an_operator_ticks_who_was_called_once(
    operator: httpx.AsyncClient, stranger: httpx.AsyncClient, admin: httpx.AsyncClient, centre: FakeCentre
) -> None:
    notice = calling()
    centre.state.commit(Commit(notices=[notice]))
    [entry] = (await operator.get("/api/v1/notices", params={"state": "calling"})).json()["items"]
    address = f"/api/v1/notices/{entry['key']}/called"
    assert (await stranger.post(address, json={})).status_code == 401
    done = (await operator.post(address, json={"comment": "đã nghe máy"})).json()
    assert (done["state"], done["via"]) == ("sent", "call_list")
    assert [(tried["outcome"], tried["person"], tried["actor"], tried["error"]) for tried in done["tried"]] == [
        ("called", "an", "program-operator", "đã nghe máy")
    ]
    again = await operator.post(address, json={})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert (await operator.post("/api/v1/notices/none/called", json={})).status_code == 404
    [line] = (await admin.get("/api/v1/audit")).json()["items"]
    assert (line["action"], line["target"]) == ("called", notice.key)
