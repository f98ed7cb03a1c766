"""The map over the API: sites by sector, severity, commune and distance; who may change the land."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from cloud.atlas.atlas import MAX_BYTES, Atlas
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.atlas.sheets import columns_of, raster, shape, vector

Clients = dict[str, AsyncClient]
TOWN = {"type": "Point", "coordinates": [104.6, 21.6]}
LAND = {
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "properties": {"name": "Suối Giàng"}, "geometry": TOWN}],
}


async def sites(client: AsyncClient, **asked: object) -> dict[str, dict[str, Any]]:
    answer = await client.get("/api/v1/map", params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return {site["id"]: site for site in answer.json()["sites"]}


async def test_every_site_with_its_worst_alarm_and_grey_without_data(clients: Clients) -> None:
    found = await sites(clients["viewer"])
    assert next(iter(found)) == "site-cau-yen-bai", "the worst first"
    assert {name: site["mark"] for name, site in found.items()} == {
        "site-cau-yen-bai": "severity_2",
        "site-pvhcc": "severity_4",
        "site-mu-cang-chai": "severity_3",
        "site-nghia-lo": "site_lost",
        "site-thac-ba": "site_stopped",
    }
    assert found["site-mu-cang-chai"]["read_at"] is None
    assert found["site-pvhcc"]["sectors"] == ["energy", "kiosks"]


async def test_a_layer_counts_the_alarms_of_its_sector_only(clients: Clients) -> None:
    client = clients["viewer"]
    assert (await sites(client, sector="kiosks"))["site-pvhcc"]["alarms"] == 1
    energy = await sites(client, sector="energy")
    assert list(energy) == ["site-pvhcc"]
    assert (energy["site-pvhcc"]["alarms"], energy["site-pvhcc"]["mark"]) == (0, "site_ok")
    assert list(await sites(client, sector=["energy", "lighting"])) == ["site-nghia-lo", "site-pvhcc"]
    assert (await client.get("/api/v1/map?sector=nowhere")).status_code == 404


async def test_severity_commune_and_distance_narrow_it_down(clients: Clients) -> None:
    client = clients["viewer"]
    assert list(await sites(client, severity=3)) == ["site-cau-yen-bai", "site-mu-cang-chai"]
    assert list(await sites(client, area="132")) == ["site-cau-yen-bai", "site-pvhcc"]
    near = await sites(client, near="21.724, 104.911", km=5)
    assert [(name, site["distance_m"]) for name, site in near.items()] == [
        ("site-pvhcc", 0),
        ("site-cau-yen-bai", 4591),
    ]
    for wrong in ("here", "91,0", "1,2,3", "nan,1"):
        assert (await client.get("/api/v1/map", params={"near": wrong})).status_code == 422, wrong
        assert (await client.get("/map", params={"near": wrong})).status_code == 422, wrong


async def test_the_page_lists_what_the_map_shows(clients: Clients) -> None:
    text = (await clients["viewer"].get("/map")).text
    assert text.count("data-newest=") == 5
    assert "chưa có dữ liệu" in text.split('data-newest="site-mu-cang-chai"')[1][:80]
    assert "&#34;gw-mcc&#34;: &#34;site-mu-cang-chai&#34;" in text
    assert 'id="land-form"' not in text
    assert 'id="land-form"' in (await clients["admin"].get("/map")).text


@pytest.fixture
def own(centre: FakeCentre, tmp_path: Path) -> FakeCentre:
    centre.settings = replace(centre.settings, atlas=Atlas(tmp_path / "map"))
    return centre


async def test_an_administrator_uploads_the_land_and_takes_it_away(clients: Clients, own: FakeCentre) -> None:
    body, kind = json.dumps(LAND), {"Content-Type": "application/geo+json"}
    assert (await clients["engineer"].put("/api/v1/map/land", content=body, headers=kind)).status_code == 403
    answer = await clients["admin"].put("/api/v1/map/land", content=body, headers=kind)
    assert (answer.status_code, answer.json()["by"]) == (200, "program-admin")
    land = await clients["viewer"].get("/api/v1/map/land")
    assert land.headers["content-type"] == "application/geo+json"
    assert land.json()["features"][0]["properties"]["name"] == "Suối Giàng"
    again = await clients["viewer"].get("/api/v1/map/land", headers={"If-None-Match": land.headers["etag"]})
    assert again.status_code == 304
    assert [row.action for row in own.state.audit(limit=1)] == ["map_upload"]
    assert (await clients["admin"].delete("/api/v1/map/land")).json()["by"] == ""
    assert len((await clients["viewer"].get("/api/v1/map/land")).json()["features"]) > 5


async def test_a_wrong_or_huge_file_is_refused_with_every_fault(clients: Clients, own: FakeCentre) -> None:
    wrong = {**LAND, "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}}] * 2}
    answer = await clients["admin"].put("/api/v1/map/land", content=json.dumps(wrong))
    assert (answer.status_code, answer.json()["code"]) == (422, "land")
    assert answer.json()["detail"].count("is not in Vietnam") == 2
    assert (await clients["admin"].put("/api/v1/map/land", content=b" " * (MAX_BYTES + 1))).status_code == 413


async def test_an_administrator_puts_tiles_under_the_map_and_browsers_get_each(
    clients: Clients, own: FakeCentre, tmp_path: Path
) -> None:
    path = "/api/v1/map/tiles"
    viewer, admin = clients["viewer"], clients["admin"]
    assert (await viewer.get(path)).json()["kind"] == ""
    assert (await viewer.get(f"{path}/9/404/226")).status_code == 204
    content = vector(tmp_path / "a.pmtiles").read_bytes()
    assert (await clients["engineer"].put(path, content=content)).status_code == 403
    told = (await admin.put(path, content=content)).json()
    assert (told["kind"], told["by"], told["size"], told["attribution"]) == (
        "vector", "program-admin", len(content), "© OpenStreetMap ODbL",
    )  # fmt: skip
    assert (await viewer.get(path)).json() == told
    column, row = columns_of(9)[0]
    tile = await viewer.get(f"{path}/9/{column}/{row}", params={"v": told["digest"]})
    assert (tile.status_code, tile.content, tile.headers["content-encoding"]) == (200, shape(), "gzip")
    assert "immutable" in tile.headers["cache-control"]
    assert "no-cache" in (await viewer.get(f"{path}/9/{column}/{row}")).headers["cache-control"]
    known = {"If-None-Match": tile.headers["etag"]}
    again = await viewer.get(f"{path}/9/{column}/{row}", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert (await viewer.get(f"{path}/9/0/0")).status_code == 204
    assert [each.action for each in own.state.audit(limit=1)] == ["tiles_upload"]
    assert (await admin.delete(path)).json()["kind"] == ""
    assert (await viewer.get(f"{path}/9/{column}/{row}")).status_code == 204


async def test_a_file_that_is_no_map_of_this_province_is_refused_and_the_former_stays(
    clients: Clients, own: FakeCentre, tmp_path: Path
) -> None:
    path, admin = "/api/v1/map/tiles", clients["admin"]
    former = (await admin.put(path, content=raster(tmp_path / "a.pmtiles").read_bytes())).json()
    elsewhere = raster(tmp_path / "b.pmtiles", bounds=(2.2, 48.8, 2.4, 48.9)).read_bytes()
    for content, words in ((elsewhere, "another province"), (b"GIF89a", "no PMTiles"), (b"", "no PMTiles")):
        answer = await admin.put(path, content=content)
        assert (answer.status_code, answer.json()["code"]) == (422, "tiles")
        assert words in answer.json()["detail"]
    assert (await admin.get(path)).json() == former
