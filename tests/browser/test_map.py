"""The map, the sectors and the search in a real browser: layers, a circle, an own map, and the key to the search."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cloud.atlas.atlas import Atlas
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import log_in
from tests.cloud.api.fake_centre import PASSWORD, FakeCentre
from tests.cloud.atlas.sheets import raster, vector

pytestmark = pytest.mark.browser
LOADED = "() => [...document.querySelectorAll('img.leaflet-tile')].some((each) => each.naturalWidth)"
# The middle of a drawn tile has another colour than its edge: there the water is.
WET = """() => [...document.querySelectorAll('canvas.leaflet-tile')].some((each) => {
  const at = (share) => each.getContext('2d').getImageData(each.width * share, each.height * share, 1, 1).data.join();
  return each.width && at(0.5) !== at(0.05);
})"""
RING = [[103.9, 21.3], [105.1, 21.3], [105.1, 22.3], [103.9, 22.3], [103.9, 21.3]]
LAND = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "Phường Yên Bái", "area": "132", "kind": "commune"},
            "geometry": {"type": "Polygon", "coordinates": [RING]},
        }
    ],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("map")
    with running_centre(folder) as centre:
        centre.call(lambda each: _with_atlas(each, folder / "map"))
        yield centre


def _with_atlas(centre: FakeCentre, folder: Path) -> None:
    centre.settings = replace(centre.settings, atlas=Atlas(folder))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, running: RunningCentre) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile"), width=1366, height=900) as context:
        log_in(context.pages[0], running.url, "admin", PASSWORD)
        yield context.pages[0]


def test_layers_and_a_circle_narrow_the_map_and_the_list_and_stay_in_the_address(
    page: Page, running: RunningCentre
) -> None:
    page.goto(f"{running.url}/map")
    expect(page.locator("#site-map .site-mark, #site-map .map-cluster")).not_to_have_count(0)
    expect(page.locator("#sitemap tbody tr")).to_have_count(5)
    page.locator(".layers summary").click()
    page.get_by_label("Dịch vụ công, ki-ốt").check()
    expect(page.locator("#sitemap tbody tr")).to_have_count(1)
    expect(page.locator('#site-map .site-mark[title^="TT PVHCC: Thấp"]')).to_have_count(1)
    expect(page).to_have_url(re.compile(r"sector=kiosks"))
    page.goto(f"{running.url}/map")
    page.locator('[data-row="site-cau-yen-bai"]').get_by_text("Xung quanh").click()
    expect(page.locator("#site-map path.map-circle")).to_have_count(1)
    expect(page.locator("#sitemap tbody tr")).to_have_count(2)
    expect(page.locator("#sitemap tbody tr").first).to_contain_text("0,0 km")
    page.get_by_label("Bán kính").select_option("100")
    expect(page.locator("#sitemap tbody tr")).to_have_count(5)


def test_sites_that_stand_close_become_one_mark_that_opens(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/map")
    expect(page.locator("#site-map .site-mark")).not_to_have_count(0)
    for _ in range(4):
        page.get_by_title("Thu nhỏ").click()
    cluster = page.locator("#site-map .map-cluster").first
    expect(cluster).to_be_visible()
    expect(cluster).to_have_attribute("title", re.compile(r"\d trạm: Cao"))
    cluster.press("Enter")
    expect(page.locator("#site-map .site-mark").first).to_be_visible()


def test_an_administrator_gives_the_map_the_provinces_land(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/map")
    wrong = json.dumps(
        {**LAND, "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}}]}
    )
    page.set_input_files("#land-form [name=file]", {"name": "a.json", "mimeType": "", "buffer": wrong.encode()})
    page.get_by_role("button", name="Kiểm tra và dùng").click()
    expect(page.locator("#land-faults li")).to_have_text(re.compile("features.0: .* is not in Vietnam"))
    good = json.dumps(LAND).encode()
    page.set_input_files("#land-form [name=file]", {"name": "b.json", "mimeType": "", "buffer": good})
    page.get_by_role("button", name="Kiểm tra và dùng").click()
    expect(page.locator("#site-map path.map-commune.at-severity_2")).to_have_count(1)
    expect(page.locator("#site-map path.map-river")).to_have_count(0)
    page.get_by_role("button", name="Trở lại sơ đồ kèm theo").click()
    expect(page.locator("#site-map path.map-river")).not_to_have_count(0)


def test_the_key_leads_to_the_search_which_folds_diacritics(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/sectors/kiosks")
    expect(page.locator(".chart.many canvas").first).to_be_visible()
    page.keyboard.press("/")
    page.wait_for_url(f"{running.url}/search")
    page.keyboard.type("tu chieu sang")
    expect(page.locator("[data-kind=device] a")).to_have_text("Tủ chiếu sáng Nghĩa Lộ")
    page.get_by_label("Phím / mở tìm kiếm từ mọi trang").uncheck()
    page.goto(f"{running.url}/sectors")
    page.locator("h1").press("/")
    expect(page).to_have_url(f"{running.url}/sectors")
    page.evaluate("localStorage.clear()")


@pytest.mark.parametrize("kind", ["raster", "vector"])
def test_tiles_of_the_province_lie_beneath_the_sites(
    page: Page, running: RunningCentre, tmp_path: Path, kind: str
) -> None:
    file = {"raster": raster, "vector": vector}[kind](tmp_path / "province.pmtiles")
    page.goto(f"{running.url}/map")
    page.set_input_files("#land-form [name=file]", file)
    page.get_by_role("button", name="Kiểm tra và dùng").click()
    expect(page.get_by_role("button", name="Bỏ nền bản đồ")).to_be_visible()
    for path in ("/map", "/"):
        page.goto(f"{running.url}{path}")
        page.wait_for_function(LOADED if kind == "raster" else WET)
        expect(page.locator(".leaflet-control-attribution")).to_contain_text("© OpenStreetMap ODbL")
        expect(page.locator(".map-name-island")).to_have_count(2)
        expect(page.locator(".map-outline").first).to_be_hidden()
        expect(page.locator(".site-mark, .map-cluster")).not_to_have_count(0)
    page.goto(f"{running.url}/map")
    page.get_by_role("button", name="Bỏ nền bản đồ").click()
    expect(page.get_by_role("button", name="Bỏ nền bản đồ")).to_have_count(0)
    expect(page.locator(".map-outline").first).to_be_visible()


def test_a_file_that_is_no_map_is_refused_beside_the_button(page: Page, running: RunningCentre, tmp_path: Path) -> None:
    file = tmp_path / "province.pmtiles"
    file.write_bytes(raster(tmp_path / "whole.pmtiles").read_bytes()[:-200])
    page.goto(f"{running.url}/map")
    page.set_input_files("#land-form [name=file]", file)
    page.get_by_role("button", name="Kiểm tra và dùng").click()
    expect(page.locator("#land-faults")).to_contain_text("cut off")
    expect(page.get_by_role("button", name="Kiểm tra và dùng")).to_be_enabled()
