"""An engineer's way through the rules in a real browser: find one, read it, break it, mend it, rehearse and keep it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import log_in
from tests.cloud.api.fake_centre import PASSWORD

pytestmark = pytest.mark.browser
RULE = "/rules/flood_yen_bai"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    """The sample province behind a real server."""
    with running_centre(tmp_path_factory.mktemp("centre")) as running:
        yield running


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser."""
    with browser(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture(scope="module")
def complaints(context: BrowserContext) -> list[str]:
    """What the pages complain about."""
    found: list[str] = []
    context.on("weberror", lambda error: found.append(str(error.error)))
    context.on("console", lambda message: found.append(message.text) if "Content Security" in message.text else None)
    return found


@pytest.fixture
def page(context: BrowserContext, running: RunningCentre, complaints: list[str]) -> Iterator[Page]:
    """The engineer's page, in Vietnamese."""
    page = context.pages[0]
    page.goto(f"{running.url}/preferences?language=vi&theme=dark")
    if "/login" in page.url:
        log_in(page, running.url, "engineer", PASSWORD)
    yield page
    assert complaints == []


def test_a_rule_is_found_by_words_and_the_filter_lives_in_the_address(page: Page, running: RunningCentre) -> None:
    page.goto(running.url)
    page.click("nav summary")
    page.click("nav a[href='/rules']")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.fill("[name=q]", "kiosk giấy")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "q=kiosk" in page.url
    page.click("tbody a")
    expect(page.locator("h1")).to_have_text("Kiosk … sắp hết giấy: … %")
    expect(page.locator("#cases .mistake")).to_contain_text("10 raised low")


def test_a_fault_is_shown_at_its_line_and_nothing_is_saved(page: Page, running: RunningCentre) -> None:
    page.goto(running.url + RULE)
    area = page.locator("#edit-text")
    before = area.input_value()
    area.fill(before.replace("above = 31.00", "abvoe = 31.00"))
    page.click("[data-part=check]")
    expect(page.locator("[data-part=said]")).to_have_text("Có 1 lỗi; chưa lưu gì.")
    expect(page.locator(".gutter .wrong")).to_have_count(1)
    page.click(".faults button >> nth=0")
    assert page.evaluate("document.activeElement.id") == "edit-text"
    area.fill(before)
    page.click("[data-part=check]")
    expect(page.locator("[data-part=said]")).to_have_text("Đúng: 2 bài thử đều đạt.")


def test_a_draft_is_rehearsed_beside_the_editor(page: Page, running: RunningCentre) -> None:
    page.goto(running.url + RULE)
    page.click("#rehearsal [type=submit]")
    expect(page.locator("#rehearsal [data-part=totals]")).to_contain_text("Số đo đã xét")
    expect(page.locator("#rehearsal-chart canvas")).to_be_visible()


def test_a_change_is_kept_compared_and_taken_back(page: Page, running: RunningCentre) -> None:
    page.goto(running.url + RULE)
    area = page.locator("#edit-text")
    text = area.input_value()
    area.fill(text.replace("version = 1", "version = 2").replace("above = 32.00", "above = 32.50"))
    page.fill("[name=comment]", "theo công văn mới")
    with page.expect_navigation():
        page.click("#rule-editor [type=submit]")
    expect(page.locator("h1 + .row")).to_contain_text("phiên bản 2")
    expect(page.locator("main")).to_contain_text("theo công văn mới")
    area.fill(text.replace("version = 1", "version = 3").replace("hold_s = 600", "hold_s = 599"))
    with page.expect_navigation():
        page.click("#rule-editor [type=submit]")
    page.click("a:has-text('So sánh') >> nth=0")
    expect(page.locator("#difference .gone")).to_contain_text(["version = 2", "hold_s = 600", "above = 32.50"])
    with page.expect_navigation():
        page.click("[data-restore='2']")
    expect(page.locator("h1 + .row")).to_contain_text("phiên bản 4")


def test_what_somebody_else_proposed_is_looked_at_and_switched_on(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/rules")
    page.click("a[href='/rules/paper/proposal']")
    expect(page.locator(".difference .new").first).to_contain_text("version = 2")
    page.fill("#proposal [name=comment]", "đã thử với cuộn mới")
    with page.expect_navigation():
        page.click("[data-act=switch-on]")
    expect(page.locator("main")).not_to_contain_text("Thay đổi chờ người thứ hai xem")
    page.goto(f"{running.url}/rules/paper")
    expect(page.locator("main")).to_contain_text("đã thử với cuộn mới")


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_no_page_of_rules_scrolls_sideways(page: Page, running: RunningCentre, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("/rules", RULE):
        page.goto(running.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.set_viewport_size({"width": 1440, "height": 900})
