"""Commissioning records in a real browser: pictures are there, nothing scrolls sideways, every text can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import keep_record, log_in
from tests.browser.test_pages import CONTRAST
from tests.cloud.api.fake_centre import PASSWORD

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Shown:
    """A running centre with a record."""

    centre: RunningCentre
    record: str


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("centre")
    with running_centre(folder) as running:
        yield Shown(running, running.call(lambda centre: keep_record(centre, folder / "edge")))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with browser(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, shown: Shown) -> Page:
    page = context.pages[0]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{shown.centre.url}/preferences?language=vi&theme=dark")
    if page.url.endswith("/login?back=/"):
        log_in(page, shown.centre.url, "operator", PASSWORD)
    return page


def test_an_officer_gets_from_the_gateways_to_a_record_and_its_paper(page: Page, shown: Shown, tmp_path: Path) -> None:
    page.goto(f"{shown.centre.url}/gateways")
    page.click("a[href='/commissioning']")
    page.click(f"a[href='/commissioning/{shown.record}']")
    expect(page.locator("h1")).to_contain_text("Biên bản lắp đặt")
    expect(page.locator("nav [aria-current=page]")).to_have_attribute("href", "/gateways")
    page.wait_for_function("[...document.images].filter(each => each.complete && each.naturalWidth > 100).length >= 2")
    answer = page.request.get(shown.centre.url + str(page.locator("a[href*='/pdf']").get_attribute("href")))
    assert answer.body().startswith(b"%PDF-")


@pytest.mark.parametrize("width", [1440, 390, 320])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_record_scrolls_sideways(page: Page, shown: Shown, width: int, language: str) -> None:
    page.goto(f"{shown.centre.url}/preferences?language={language}")
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("/commissioning", f"/commissioning/{shown.record}"):
        page.goto(shown.centre.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_texts_of_records_have_contrast(page: Page, shown: Shown, theme: str) -> None:
    page.goto(f"{shown.centre.url}/preferences?theme={theme}")
    for path in ("/commissioning", f"/commissioning/{shown.record}"):
        page.goto(shown.centre.url + path)
        assert page.evaluate(CONTRAST) == []
