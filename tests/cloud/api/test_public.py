"""The public door: what everybody may see, a report that becomes an incident, a survey; and its limits."""

from __future__ import annotations

from io import BytesIO

import httpx
import pytest
from PIL import Image

from cloud.access.roles import Role
from cloud.citizen.config import CitizenConfig
from cloud.citizen.desk import DAY_MS, Stores
from cloud.citizen.house import citizen_desk
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.web.sample_situation import add_situation
from tests.fakes import ManualClock

Clients = dict[str, httpx.AsyncClient]
HANDLE = {"purpose": "handle"}
REPORTS = "/api/v1/public/reports"
SEEN = {
    "topic": "landslide", "area": "132", "place": "Km 12, QL 32", "words": "Ta luy nứt dài 4 m, cạnh nhà ông Tư",
    "name": "Nguyễn Văn A", "phone": "0912 345 678",
}  # fmt: skip


def open_with(centre: FakeCentre, **limits: object) -> None:
    """The same centre, with other limits."""
    stores = Stores(centre.state.citizens, centre.incidents, centre.incident_files, centre.attachments)
    centre.citizen = citizen_desk(centre, stores, CitizenConfig.model_validate({"open": True, **limits}))


def photo_with_a_place() -> bytes:
    """A picture whose EXIF says where it was taken, and by what."""
    picture = Image.new("RGB", (40, 20), "#336699")
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    out = BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def test_the_board_is_for_strangers_and_worked_out_seldom(
    centre: FakeCentre, stranger: httpx.AsyncClient, clock: ManualClock
) -> None:
    add_situation(centre)
    answer = await stranger.get("/api/v1/public")
    assert answer.headers["cache-control"] == "public, max-age=30"
    board = answer.json()
    [river] = board["water"]
    assert (river["level_m"], river["above"], river["next"]) == (31.42, "II", "III")
    assert river["distance_m"] == pytest.approx(0.58)
    assert board["air"][0]["aqi"] >= board["air"][-1]["aqi"]
    assert board["rain"][0]["sums"]["24"] == 214.6
    assert board["rain"][-1]["sums"]["24"] is None, "no data is no zero"
    assert board["bulletins"][0]["source"]
    centre.measure("gw-thao", "gauge-yen-bai", "level_m", 32.5)
    assert (await stranger.get("/api/v1/public")).json()["water"][0]["level_m"] == 31.42
    await clock.advance(31)
    assert (await stranger.get("/api/v1/public")).json()["water"][0]["above"] == "III"
    assert "actor" not in str(board), "who copied a bulletin is nobody's business"


async def test_a_report_becomes_an_incident_with_a_photo_and_is_followed_by_its_number(
    clients: Clients, clock: ManualClock
) -> None:
    stranger = clients["stranger"]
    reference = (await stranger.post(REPORTS, json=SEEN)).json()["reference"]
    assert (await stranger.put(f"{REPORTS}/{reference}/photo", content=photo_with_a_place())).status_code == 204
    [incident] = (await clients["viewer"].get("/api/v1/incidents")).json()["items"]
    assert incident["title"] == "Phản ánh hiện trường: sạt lở, nứt đất"
    assert (incident["sector"], incident["area"], incident["severity"]) == ("disaster", "132", 3)
    path = f"/api/v1/incidents/{incident['id']}"
    history = str((await clients["viewer"].get(path)).json())
    assert "0912" not in history
    assert "ông Tư" not in history
    assert (await clients["operator"].get(f"{path}/attachments/2")).json()["code"] == "purpose_missing"
    content = (await clients["operator"].get(f"{path}/attachments/2", params=HANDLE)).content
    with Image.open(BytesIO(content)) as kept:
        assert kept.size == (20, 40), "upright"
        assert not kept.getexif()
    assert b"SecretPhone" not in content
    before = (await stranger.get(f"{REPORTS}/{reference}")).json()
    assert (before["state"], before["photos"], before["ended"]) == ("new", 1, False)
    await clients["operator"].post(f"{path}/move", json={"move": "receive"})
    assert (await stranger.get(f"{REPORTS}/{reference}")).json()["state"] == "received"
    assert (await clients["viewer"].get(f"{path}/citizen-report")).status_code == 403
    assert (await clients["operator"].get(f"{path}/citizen-report")).status_code == 422
    said = (await clients["operator"].get(f"{path}/citizen-report", params={"purpose": "ask_back"})).json()
    assert (said["phone"], said["words"]) == (SEEN["phone"], SEEN["words"])
    address = f"/incidents/{incident['id']}/citizen-report"
    asked = (await clients["operator"].get(address)).text
    assert "Mục đích xem" in asked
    assert "cạnh nhà ông Tư" not in asked
    page = (await clients["operator"].get(address, params=HANDLE)).text
    assert "cạnh nhà ông Tư" in page
    assert "attachments/2?purpose=handle" in page
    assert (await clients["viewer"].get(f"/incidents/{incident['id']}/citizen-report")).status_code == 403
    assert "citizen-report" in (await clients["operator"].get(f"/incidents/{incident['id']}")).text
    written = (await clients["admin"].get("/api/v1/audit")).json()["items"]
    reads = [each for each in written if each["action"] in ("citizen_report_read", "incident_fetch")]
    assert {each["actor"] for each in reads} == {"program-operator"}
    details = [each["detail"].split("(")[-1].strip(")") for each in reads]
    assert details == ["handle", "ask_back", "handle"], "each reading is recorded, and what for"


async def test_what_is_personal_is_forgotten(centre: FakeCentre, clients: Clients, clock: ManualClock) -> None:
    reference = (await clients["stranger"].post(REPORTS, json=SEEN)).json()["reference"]
    assert centre.citizen.tidy() == 0
    await clock.advance(181 * DAY_MS / 1000)
    assert centre.citizen.tidy() == 1
    row = centre.state.citizens.report(reference)
    assert row
    assert (row.words, row.name, row.phone, row.place) == ("", "", "", "")
    assert (await clients["stranger"].get(f"{REPORTS}/{reference}")).json()["state"] == "new"


async def test_whoever_comes_too_often_waits(
    centre: FakeCentre, stranger: httpx.AsyncClient, clock: ManualClock
) -> None:
    open_with(centre, reports_per_hour=2)
    for _ in range(2):
        assert (await stranger.post(REPORTS, json=SEEN)).status_code == 201
    refused = await stranger.post(REPORTS, json=SEEN)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    await clock.advance(float(refused.headers["retry-after"]))
    assert (await stranger.post(REPORTS, json=SEEN)).status_code == 201
    open_with(centre, reports_per_day=3)
    assert (await stranger.post(REPORTS, json=SEEN)).status_code == 429, "also from many addresses"


async def test_photos_are_few_young_and_really_pictures(
    centre: FakeCentre, stranger: httpx.AsyncClient, clock: ManualClock
) -> None:
    open_with(centre, photos=1)
    reference = (await stranger.post(REPORTS, json=SEEN)).json()["reference"]
    path = f"{REPORTS}/{reference}/photo"
    assert (await stranger.put(path, content=b"<svg onload=alert(1)>")).status_code == 415
    assert (await stranger.put(path, content=photo_with_a_place())).status_code == 204
    assert (await stranger.put(path, content=photo_with_a_place())).status_code == 409
    late = (await stranger.post(REPORTS, json=SEEN)).json()["reference"]
    await clock.advance(31 * 60)
    assert (await stranger.put(f"{REPORTS}/{late}/photo", content=photo_with_a_place())).status_code == 409
    unknown = f"{REPORTS}/AAAA-AAAA-AAAA-AAAA"
    assert (await stranger.put(f"{unknown}/photo", content=photo_with_a_place())).status_code == 404
    assert (await stranger.get(unknown)).status_code == 404


async def test_a_survey_keeps_counts_alone(centre: FakeCentre, clients: Clients) -> None:
    open_with(centre, answers_per_hour=3, hidden_sites=["site-thac-ba"])
    for score in (5, 5, 2):
        answer = await clients["stranger"].post("/api/v1/public/answers", json={"site": "site-pvhcc", "score": score})
        assert answer.status_code == 204
    assert (
        await clients["stranger"].post("/api/v1/public/answers", json={"site": "site-pvhcc", "score": 1})
    ).status_code == 429
    hidden = await clients["stranger"].post("/api/v1/public/answers", json={"site": "site-thac-ba", "score": 1})
    assert hidden.status_code == 404
    rows = (await clients["viewer"].get("/api/v1/survey-answers")).json()["items"]
    assert [(row["site"], row["score"], row["answers"]) for row in rows] == [("site-pvhcc", 2, 1), ("site-pvhcc", 5, 2)]


@pytest.mark.parametrize("role", ["stranger", *Role])
async def test_a_closed_door_shows_nothing_to_anybody(centre: FakeCentre, clients: Clients, role: str) -> None:
    open_with(centre, open=False)
    client = clients[role]
    assert (await client.get("/api/v1/public")).status_code == 404
    assert (await client.post(REPORTS, json=SEEN)).status_code == 404
    assert (await client.get(f"{REPORTS}/AAAA-AAAA-AAAA-AAAA")).status_code == 404
    assert (await client.post("/api/v1/public/answers", json={"site": "site-pvhcc", "score": 1})).status_code == 404
