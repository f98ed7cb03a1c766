"""People who watch, in a real browser: cameras for a purpose, a wall that nobody touches, a sound to be silenced."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cloud.store.base import AlarmRow
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import log_in
from tests.browser.test_pages import CONTRAST
from tests.cloud.api.fake_centre import PASSWORD

pytestmark = pytest.mark.browser
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


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


@pytest.fixture
def page(context: BrowserContext, running: RunningCentre) -> Page:
    """The operator's page, in Vietnamese, on a desk."""
    page = context.pages[0]
    page.set_default_navigation_timeout(3 * PATIENCE_MS)
    page.goto(f"{running.url}/preferences?language=vi&theme=dark")
    if "/login" in page.url:
        log_in(page, running.url, "operator", PASSWORD)
    return page


def raised(running: RunningCentre, rule: str) -> AlarmRow:
    """A critical alarm of the lake."""
    return running.call(
        lambda centre: centre.raise_alarm(
            "III", at=centre.clock.now_ms(), severity=1, rule=rule, device="gauge-thac-ba"
        )
    )


def test_pictures_are_shown_for_a_purpose_and_gone_when_the_watch_ends(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/cameras?columns=2&pick=gw-thao/cam-hong-ha&group=%C4%90%C3%AA%20H%E1%BB%93ng%20H%C3%A0")
    expect(page.locator("h1")).to_have_text("Đê Hồng Hà")
    tile = page.locator("li[data-camera='gw-thao/cam-hong-ha']")
    expect(tile).to_contain_text("Hình mờ")
    expect(tile.locator("img")).to_be_hidden()
    page.get_by_role("button", name="Xem trực tiếp").click()
    expect(page.locator("#watch [name=purpose]")).to_be_focused()
    assert running.centre.orders == [], "nothing is fetched without a purpose"
    page.locator("#watch [name=purpose]").select_option("disaster")
    page.get_by_role("button", name="Mở xem hình").click()
    expect(tile.locator("img")).to_be_visible()
    expect(tile.locator("[data-part=taken]")).to_contain_text("giây")
    expect(page.locator("#watch")).to_contain_text("còn")
    assert page.evaluate(CONTRAST) == []
    page.reload()
    expect(tile.locator("img")).to_be_visible()
    page.get_by_role("button", name="Xem trực tiếp").click()
    look = page.locator("#live-look")
    expect(look.locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(look).to_be_hidden()
    page.locator("#watch [data-part=end]").click()
    expect(tile.locator("img")).to_be_hidden()
    assert tile.locator("img").get_attribute("src") is None
    audit = [row.action for row in running.call(lambda centre: centre.state.audit(limit=10))]
    assert audit.count("cameras_watched") == 2


def test_the_wall_turns_its_pages_and_lets_a_grave_alarm_come_first(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/wall?page=/map&page=/leader&dwell_s=5")
    title = page.locator("#wall-title")
    expect(title).to_contain_text("Bản đồ")
    expect(title).to_have_text("Tình hình toàn tỉnh")
    shown = page.frame_locator("iframe.shown")
    expect(shown.locator(".verdict")).to_be_visible()
    expect(shown.locator("header.top")).to_be_hidden()
    alarm = raised(running, "wall")
    expect(page.locator("#wall-alarm")).to_contain_text(alarm.text_vi)
    expect(title).to_contain_text("Mực nước hồ Thác Bà")
    running.call(lambda centre: centre.hub.publish("alarm", alarm.id, {"id": alarm.id, "open": False, "severity": 1}))
    expect(page.locator("#wall-alarm")).to_be_hidden()
    page.keyboard.press("Escape")
    page.wait_for_url(f"{running.url}/")


def test_a_critical_alarm_rings_until_somebody_silences_it(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/alarms")
    page.evaluate("localStorage.removeItem('thacba_sound')")
    page.reload()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.locator("h1").click()
    sound = page.locator("#sound")
    expect(sound).to_have_attribute("data-state", "on")
    raised(running, "ring")
    expect(sound).to_have_text("Tắt tiếng")
    expect(sound).to_have_attribute("data-played", "1")
    page.goto(f"{running.url}/incidents")
    expect(sound).to_have_text("Tắt tiếng")
    page.keyboard.press("Alt+m")
    expect(sound).to_have_text("Âm báo: bật")
    page.keyboard.press("Alt+m")
    expect(sound).to_have_text("Âm báo: tắt")
    raised(running, "quiet")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    expect(sound).to_have_text("Âm báo: tắt")
