"""An engineer at gateways in a real browser: a map that fills by itself, configurations, roll-outs, a second person."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cloud.api.views import Order
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import log_in
from tests.browser.test_pages import CONTRAST
from tests.cloud.api.fake_centre import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    """The sample province behind a real server, its gateways in every state."""
    with running_centre(tmp_path_factory.mktemp("centre")) as running:
        asyncio.run_coroutine_threadsafe(running.centre.offices.fill(), running.loop).result(timeout=20)
        yield running


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser."""
    with browser(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, running: RunningCentre) -> Page:
    """An engineer's page, in English."""
    page = context.pages[0]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{running.url}/preferences?language=en&theme=dark")
    if "/login" in page.url:
        log_in(page, running.url, "engineer", PASSWORD)
        page.goto(f"{running.url}/preferences?language=en&theme=dark")
    return page


def test_the_first_reading_of_a_new_gateway_appears_on_the_map_without_a_reload(
    page: Page, running: RunningCentre
) -> None:
    page.goto(f"{running.url}/map")
    page.wait_for_selector("#live[data-state=live]")
    cell = page.locator('[data-newest="site-mu-cang-chai"]')
    expect(cell).to_have_text("no data yet")
    page.evaluate("window.unloaded = false")
    running.call(lambda centre: centre.measure("gw-mcc", "rain-mcc", "rain_mm", 4.2))
    expect(cell.locator("time")).to_be_visible()
    assert page.evaluate("window.unloaded") is False


def test_a_configuration_is_checked_changed_and_brought_back(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/gateways/gw-thao")
    good = page.input_value("#edit-text")
    page.fill("#edit-text", good.replace("river_gauge_radar", "river_guage"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("[data-part=faults]")).to_contain_text("did you mean 'river_gauge_radar'?")
    page.fill("#edit-text", good.replace("max_days = 30", "max_days = 60"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("[data-part=changes] tbody tr")).to_have_text("outbox.max_days3060")
    page.get_by_role("button", name="Keep and send", exact=True).click()
    expect(page.locator("#standing")).to_contain_text("Not taken yet")
    assert "max_days = 60" in page.input_value("#edit-text")
    page.locator('[data-restore="2"]').click()
    expect(page.locator('[data-restore="3"]')).to_be_visible()
    assert "max_days = 30" in page.input_value("#edit-text")


def test_help_shows_its_answer_and_danger_takes_two(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/gateways/gw-thao")
    page.locator('[data-verb="log_tail"]').click()
    expect(page.locator("[data-part=outcome]")).to_have_text("Done.")
    page.locator('[data-verb="restart_connector"][data-device="gauge-yen-bai"]').click()
    expect(page.locator("[data-part=outcome]")).to_contain_text("another person")
    expect(page.locator("#requests")).to_contain_text("another person must")
    order = Order("gw-thao", "cam-hong-ha", "restart_connector", {})
    asking = running.centre.requests.ask(order, actor="admin")
    asyncio.run_coroutine_threadsafe(asking, running.loop).result(timeout=10)
    page.reload()
    page.wait_for_selector("#live[data-state=live]")
    page.locator("#requests .primary").first.click()
    page.locator("dialog[open]").get_by_role("button", name="Confirm", exact=True).click()
    expect(page.locator("#requests")).to_contain_text("Confirmed")
    assert running.centre.orders[-1] == order


def test_a_roll_out_is_begun_and_aborted(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/waves")
    page.fill("[name=title]", "Keep 50 days")
    page.fill("[name=patch]", "[outbux]\nmax_days = 50\n")
    page.fill("[name=areas]", "132")
    page.get_by_role("button", name="Begin a roll-out", exact=True).click()
    expect(page.locator("[data-part=faults]")).to_contain_text("did you mean 'outbox'?")
    page.fill("[name=patch]", "[outbox]\nmax_days = 50\n")
    page.get_by_role("button", name="Begin a roll-out", exact=True).click()
    expect(page.get_by_role("heading", name="Keep 50 days")).to_be_visible()
    page.wait_for_selector("#live[data-state=live]")  # the scripts are there
    page.get_by_role("button", name="Abort", exact=True).click()
    page.locator("dialog[open]").get_by_role("button", name="Abort", exact=True).click()
    expect(page.locator("#wave")).to_contain_text("Aborted")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_text_is_readable_and_nothing_scrolls_sideways(page: Page, running: RunningCentre, theme: str) -> None:
    page.goto(f"{running.url}/preferences?theme={theme}")
    page.set_viewport_size({"width": 360, "height": 800})
    for path in ("/map", "/gateways", "/gateways/gw-thao", "/waves"):
        page.goto(running.url + path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert page.evaluate(CONTRAST) == [], path
