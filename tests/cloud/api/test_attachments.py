"""Files of incidents: told by content, bounded, fetched safely, and let go."""

from __future__ import annotations

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.test_incidents import alarm_ids, moved, opened
from tests.fakes import ManualClock

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 100
DAY_S = 86_400
Clients = dict[str, httpx.AsyncClient]


async def put(
    client: httpx.AsyncClient, incident: str, content: bytes = JPEG, name: str = "hiện trường.jpg", comment: str = ""
) -> httpx.Response:
    address = f"/api/v1/incidents/{incident}/attachments"
    return await client.post(address, params={"name": name, "comment": comment}, content=content)


@pytest.fixture
async def incident(operator: httpx.AsyncClient) -> str:
    """An open incident."""
    return await opened(operator, (await alarm_ids(operator))[2])


async def test_a_picture_is_attached_listed_fetched_and_on_record(clients: Clients, incident: str) -> None:
    operator = clients["operator"]
    answer = await put(operator, incident, comment="bờ sông")
    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert (row["name"], row["type"], row["size"], row["actor"]) == (
        "hiện trường.jpg",
        "image/jpeg",
        104,
        "program-operator",
    )
    address = f"/api/v1/incidents/{incident}/attachments"
    assert (await operator.get(address)).json()["items"] == [row]
    detail = (await operator.get(f"/api/v1/incidents/{incident}")).json()
    assert detail["attachments"] == [row]
    assert [(line["what"], line["comment"]) for line in detail["history"]][1:] == [
        ("attached", "hiện trường.jpg: bờ sông")
    ]
    fetched = await operator.get(f"{address}/{row['number']}")
    assert fetched.content == JPEG
    assert fetched.headers["content-type"] == "image/jpeg"
    assert fetched.headers["content-disposition"].startswith("attachment; filename*=utf-8''hi")
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert (await clients["viewer"].get(f"{address}/{row['number']}")).status_code == 403
    audit = (await clients["admin"].get("/api/v1/audit")).json()["items"]
    assert [each["action"] for each in audit[:2]] == ["incident_fetch", "incident_attach"]


async def test_what_a_file_is_is_told_by_its_content(operator: httpx.AsyncClient, incident: str) -> None:
    refused = await put(operator, incident, b"MZ\x90\0\x03" * 10, "ảnh.jpg")
    assert (refused.status_code, refused.json()["code"]) == (415, "file_type")
    page = (await put(operator, incident, b"<script>alert(1)</script>", "../../x.html")).json()
    assert (page["type"], page["name"]) == ("text/plain", "x.txt")
    fetched = await operator.get(f"/api/v1/incidents/{incident}/attachments/{page['number']}")
    assert fetched.headers["content-type"] == "text/plain; charset=utf-8"


async def test_files_are_bounded_one_by_one_by_number_and_all_together(
    operator: httpx.AsyncClient, incident: str
) -> None:
    huge = await put(operator, incident, JPEG + b"\0" * 10_000_000)
    assert (huge.status_code, huge.json()["code"]) == (413, "too_large")
    full = await put(operator, incident, JPEG + b"\0" * 1_000_000)
    assert (full.status_code, full.json()["code"]) == (507, "no_room")
    for number in range(3):
        assert (await put(operator, incident, JPEG + bytes([number]) * 300_000)).status_code == 201
    more = await put(operator, incident)
    assert (more.status_code, more.json()["code"]) == (422, "refused")
    assert (await put(operator, "none")).status_code == 404
    small = await operator.post("/api/v1/alarms/x/comment", content=b" " * 70_000)
    assert small.status_code == 413


async def test_the_same_content_takes_its_room_once(
    operator: httpx.AsyncClient, incident: str, centre: FakeCentre
) -> None:
    for _ in range(2):
        assert (await put(operator, incident, JPEG + b"\0" * 400_000)).status_code == 201
    assert centre.incident_files.attached_bytes() == 400_104
    [file] = centre.incident_files.attachments(incident)[:1]
    folder = centre.attachments.path(file.digest).parent
    assert {each.stat().st_mode & 0o077 for each in (folder, folder.parent)} == {0}, "nobody else looks into them"


async def test_an_engineer_takes_a_file_away_and_that_it_was_there_stays(
    clients: Clients, incident: str, centre: FakeCentre, clock: ManualClock
) -> None:
    row = (await put(clients["operator"], incident)).json()
    address = f"/api/v1/incidents/{incident}/attachments/{row['number']}"
    assert (await clients["operator"].delete(address, params={"comment": "x"})).status_code == 403
    assert (await clients["engineer"].delete(address)).status_code == 422
    gone = (await clients["engineer"].delete(address, params={"comment": "lộ mặt người dân"})).json()
    assert gone["gone_at"] == clock.now_ms()
    assert (await clients["operator"].get(address)).status_code == 404
    assert (await clients["engineer"].delete(address, params={"comment": "x"})).status_code == 409
    detail = (await clients["operator"].get(f"/api/v1/incidents/{incident}")).json()
    assert [line["what"] for line in detail["history"]] == ["opened", "attached", "detached"]
    clock.set_wall(4_000_000_000_000)
    assert centre.attachments.tidy() == 1
    assert not centre.attachments.path(row["digest"]).exists()


async def test_a_content_that_no_row_names_goes_when_nobody_can_be_waiting_for_it(
    centre: FakeCentre, clock: ManualClock
) -> None:
    path = centre.attachments.path(centre.attachments.keep(JPEG))  # the centre was killed before the row was kept
    written = round(path.stat().st_mtime * 1000)
    clock.set_wall(written + 3_599_000)
    assert centre.attachments.tidy() == 0
    clock.set_wall(written + 3_601_000)
    assert centre.attachments.tidy() == 1
    assert not path.exists()


async def test_contents_go_long_after_the_end_and_never_before(
    clients: Clients, incident: str, centre: FakeCentre, clock: ManualClock
) -> None:
    operator = clients["operator"]
    row = (await put(operator, incident)).json()
    other = (await put(operator, await opened(operator, (await alarm_ids(operator))[1]), b"report")).json()
    assert (await moved(clients["engineer"], incident, "reject")).status_code == 200
    await clock.advance(1824 * DAY_S)
    assert centre.attachments.tidy() == 0
    await clock.advance(2 * DAY_S)
    assert centre.attachments.tidy() == 1
    [listed] = centre.incident_files.attachments(incident)
    assert (listed.number, listed.gone_at) == (row["number"], clock.now_ms())
    assert centre.attachments.path(other["digest"]).exists(), "its incident is open"
