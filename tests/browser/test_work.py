"""An officer at work in a real browser: shelves, opens an incident and brings it to its end, plans, hands over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cloud.store.base import AlarmRow
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import log_in
from tests.cloud.api.fake_centre import PASSWORD

pytestmark = pytest.mark.browser


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
    """An engineer's page, in Vietnamese, on a desk: the shift leader, who may do all of this."""
    page = context.pages[0]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{running.url}/preferences?language=vi&theme=dark")
    if "/login" in page.url:
        log_in(page, running.url, "engineer", PASSWORD)
    return page


def raised(running: RunningCentre, rule: str, **more: object) -> AlarmRow:
    """A new alarm of the river gauge."""
    return running.call(
        lambda centre: centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule=rule, **more)
    )


def send(page: Page, said: str) -> None:
    """Presses the open dialog's button."""
    page.locator("dialog[open]").get_by_role("button", name=said, exact=True).click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_an_alarm_is_shelved_until_a_time_and_taken_back(page: Page, running: RunningCentre) -> None:
    alarm = raised(running, "shelf")
    page.goto(f"{running.url}/alarms/{alarm.id}")
    page.get_by_role("button", name="Tạm ẩn").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("[name=reason]")).to_be_focused()
    page.keyboard.type("Đang thay cảm biến radar")
    dialog.locator("[name=until]").select_option("own")
    expect(dialog.locator("[name=own_time]")).to_be_visible()
    dialog.locator("[name=until]").select_option("28800")
    send(page, "Tạm ẩn")
    expect(page.locator(".quiets")).to_contain_text("Đang thay cảm biến radar")
    expect(page.locator(".quiets")).to_contain_text("engineer")
    expect(page.locator("#said")).to_have_text("Đã ghi.")
    page.get_by_role("button", name="Thôi tạm ẩn").click()
    send(page, "Thôi tạm ẩn")
    expect(page.locator(".quiets")).to_have_count(0)
    expect(page.locator("[data-focus]")).to_be_focused()


def test_what_was_typed_survives_a_refusal_and_a_cancel(page: Page, running: RunningCentre) -> None:
    alarm = raised(running, "refusal")
    page.goto(f"{running.url}/alarms/{alarm.id}")
    page.route("**/shelve", lambda route: route.abort())
    page.get_by_role("button", name="Tạm ẩn").click()
    page.keyboard.type("Bảo trì")
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("dialog[open] .mistake")).to_have_text("Không gửi được. Hãy thử lại.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Tạm ẩn").click()
    expect(page.locator("dialog[open] [name=reason]")).to_have_value("Bảo trì")
    page.unroute("**/shelve")
    send(page, "Tạm ẩn")
    expect(page.locator(".quiets")).to_contain_text("Bảo trì")
