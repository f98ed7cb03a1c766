"""An officer's first minutes in a real browser: log in, watch, acknowledge, switch the language, on desk and phone."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cloud.store.base import AlarmFilter
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import PAGES, log_in
from tests.cloud.api.fake_centre import PASSWORD

pytestmark = pytest.mark.browser
ALL_PAGES = {**PAGES, "device": "/devices/gw-thao/gauge-yen-bai"}


class Witness:
    """Hears what a page complains about and whom it talks to."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        context.on("console", lambda message: message.type in ("error", "warning") and self._note(message.text))
        context.on("weberror", lambda error: self._note(str(error.error)))
        context.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or ""))

    def _note(self, text: str) -> None:
        self.complaints.append(text)


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
def witness(context: BrowserContext) -> Witness:
    """Listens from the first page to the last."""
    return Witness(context)


@pytest.fixture
def page(context: BrowserContext, running: RunningCentre, witness: Witness) -> Page:
    """The operator's page, in Vietnamese, on a desk."""
    page = context.pages[0]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{running.url}/preferences?language=vi&theme=dark")
    if page.url.endswith("/login?back=/"):
        log_in(page, running.url, "operator", PASSWORD)
    return page


def test_a_wrong_password_is_said_in_the_viewers_language(context: BrowserContext, running: RunningCentre) -> None:
    page = context.pages[0]
    page.goto(f"{running.url}/alarms?state=any")
    assert urlsplit(page.url).path == "/login"
    page.fill("[name=user]", "operator")
    page.fill("[name=password]", "wrong password")
    page.click("[type=submit]")
    expect(page.locator("#mistake")).to_have_text("Tên người dùng hoặc mật khẩu không đúng.")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{running.url}/alarms?state=any")


def test_values_change_without_reloading(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/devices")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    row = page.locator('[data-value="gw-thao/gauge-yen-bai/level_m"]')
    expect(row.locator("[data-part=value]")).to_have_text("31,42")
    running.call(lambda centre: centre.measure("gw-thao", "gauge-yen-bai", "level_m", 31.97))
    expect(row.locator("[data-part=value]")).to_have_text("31,97")
    expect(row.locator("[data-part=age]")).to_contain_text("giây")
    running.call(lambda centre: centre.measure("gw-thao", "ups-thao", "mains", True))
    expect(page.locator('[data-value="gw-thao/ups-thao/mains"] [data-part=value]')).to_have_text("có")


def test_an_alarm_is_explained_by_a_chart_and_by_tables_that_say_the_same(page: Page, running: RunningCentre) -> None:
    opened = running.call(lambda centre: centre.state.alarms(AlarmFilter(open=True), before=None, limit=10))
    page.goto(f"{running.url}/alarms/{next(row.id for row in opened if row.level)}")
    expect(page.locator("#why-figure canvas")).to_be_visible()
    expect(page.locator("#why-legend li").first).to_contain_text("Cấp I: 30,00")
    expect(page.locator("#explained")).to_contain_text("Mức II (cao): từ 31 m trở lên")
    page.click("#explained summary")
    expect(page.locator("#explained details tbody tr").first).to_be_visible()
    expect(page.locator("#explained")).to_contain_text("đủ lâu, tính từ lúc này")


def test_a_search_folds_diacritics(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/devices")
    page.fill("[name=q]", "muc nuoc yen bai")
    expect(page.locator(".device:visible")).to_have_count(1)
    expect(page.locator(".device:visible h2")).to_have_text("Trạm đo mực nước Yên Bái")


def test_a_new_alarm_appears_and_is_acknowledged_with_a_comment(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/alarms")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    alarm = running.call(
        lambda centre: centre.raise_alarm("III", at=centre.clock.now_ms(), severity=1, device="gauge-thac-ba")
    )
    row = page.locator(f'tr[data-alarm="{alarm.id}"]')
    expect(row).to_contain_text("Khẩn cấp")
    expect(row).to_contain_text("Chưa xác nhận")
    row.get_by_role("button", name="Xác nhận").click()
    page.keyboard.type("Đã báo Chủ tịch phường Hồng Hà")
    page.locator("dialog[open] [type=submit]").click()
    expect(row).to_contain_text("Đã xác nhận")
    expect(row).to_contain_text("operator")
    row.locator(".text a").click()
    expect(page.locator(".history")).to_contain_text("Đã báo Chủ tịch phường Hồng Hà")
    page.locator("#comment textarea").fill("Nước còn cách mặt đê 0,40 m")
    page.locator("#comment [type=submit]").click()
    expect(page.locator(".history")).to_contain_text("Nước còn cách mặt đê 0,40 m")


def test_a_comment_cannot_be_lost_while_the_page_is_still_loading(page: Page, running: RunningCentre) -> None:
    alarm = running.call(
        lambda centre: centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, device="ups-thao")
    )
    page.route("**/*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(f"{running.url}/alarms/{alarm.id}")
    expect(page.locator("#comment [type=submit]")).to_be_disabled()
    page.unroute("**/*.js")
    page.reload()
    expect(page.locator("#comment [type=submit]")).to_be_enabled()


def test_the_chart_names_its_gaps_in_words(page: Page, running: RunningCentre) -> None:
    """Before the next test settles the letters: then one of the gaps is none any more."""
    page.goto(f"{running.url}/devices/gw-thao/gauge-yen-bai?point=level_m")
    expect(page.locator("#gap-legend li")).to_have_text(
        ["Im lặng", "Gateway đã bỏ", "Không lưu được", "Đến trễ", "Đồng hồ chưa tin được"]
    )
    page.locator("#gaps summary").click()
    dropped = page.locator("#gap-table tbody tr", has_text="Gateway đã bỏ")
    expect(dropped).to_contain_text("90")
    expect(dropped).to_contain_text("bộ nhớ gateway đầy")
    expect(page.locator("#gap-table tbody tr", has_text="Đến trễ")).to_contain_text("đã lưu; đến lúc")
    page.goto(f"{running.url}/devices/gw-pvhcc/air-yen-bai?point=pm25&range=15m")
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(page.locator("#gaps")).to_be_hidden()


def test_an_engineer_settles_what_could_not_be_stored(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/gateways")
    page.get_by_role("link", name="Xem số đo không lưu được").click()
    expect(page.locator("h1")).to_have_text("Số đo không lưu được")
    expect(page.locator("[data-reason=unmapped_point]")).to_contain_text("2")
    expect(page.locator("tr[data-letter]")).to_have_count(2)
    expect(page.get_by_role("button", name="Thử lại")).to_have_count(0)
    log_out_and_in(page, running, "engineer")
    page.goto(f"{running.url}/dead-letters")
    good = page.locator("tr", has_text="Không rõ mẫu thiết bị")
    good.get_by_role("button", name="Thử lại").click()
    expect(good).to_have_count(0)
    bad = page.locator("tr", has_text="Mẫu thiết bị không có đại lượng này")
    bad.get_by_role("button", name="Thử lại").click()
    expect(bad.locator(".mistake")).to_have_text("Vẫn bị từ chối: nguyên nhân chưa được khắc phục.")
    bad.get_by_role("button", name="Loại bỏ").click()
    page.keyboard.type("Điểm đo thử khi lắp đặt")
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("tr[data-letter]")).to_have_count(0)
    page.locator("select[name=state]").select_option("any")
    page.locator(".filters [type=submit]").click()
    expect(page.locator("tr", has_text="Đã lưu lại")).to_contain_text("engineer")
    expect(page.locator("tr", has_text="Đã loại bỏ")).to_contain_text("Điểm đo thử khi lắp đặt")
    log_out_and_in(page, running, "operator")


def log_out_and_in(page: Page, running: RunningCentre, user: str) -> None:
    """Somebody else sits down."""
    page.wait_for_load_state()  # a filter may just have been chosen; before its page is loaded the button does nothing
    page.click("#log-out")
    page.wait_for_url(f"{running.url}/login")
    log_in(page, running.url, user, PASSWORD)


def test_a_young_history_is_shown_in_the_range_that_holds_it(page: Page, running: RunningCentre) -> None:
    address = f"{running.url}/devices/gw-thao/gauge-yen-bai"
    chosen = page.locator(".ranges a[aria-current]")
    page.goto(f"{address}?point=batt_v")
    expect(chosen).to_have_text("15 phút")
    page.goto(f"{address}?point=batt_v&range=24h")
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(chosen).to_have_text("24 giờ")
    page.goto(f"{address}?point=level_m")
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(chosen).to_have_text("24 giờ")


def test_the_chart_shows_the_flood_levels_and_its_ranges(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/devices/gw-thao/gauge-yen-bai?point=level_m")
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(page.locator("#chart-note")).to_have_text("")
    page.get_by_role("link", name="15 phút").click()
    expect(page.locator("#chart canvas")).to_be_visible()
    assert "range=15m" in page.url


def test_the_map_shows_every_site_with_a_word(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/")
    expect(page.locator(".site-mark")).to_have_count(5)
    expect(page.locator('.site-mark[title^="Nghĩa Lộ: Mất kết nối"]')).to_have_count(1)
    expect(page.locator("path.map-lake")).to_be_visible()
    expect(page.locator(".site-name").first).to_be_visible()


def test_language_and_theme_are_remembered(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/gateways")
    expect(page.locator(".ledger").first).to_contain_text("392.231")
    page.click("#language")
    expect(page.locator("h1")).to_have_text("Gateways")
    expect(page.locator(".ledger").first).to_contain_text("392,231")
    page.get_by_role("link", name="Light").click()
    assert urlsplit(page.url).path == "/gateways"
    page.goto(f"{running.url}/")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("html").get_attribute("data-theme") == "light"


@pytest.mark.parametrize("width", [1440, 390, 320])
@pytest.mark.parametrize("name", ALL_PAGES)
def test_no_page_scrolls_sideways(page: Page, running: RunningCentre, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(running.url + ALL_PAGES[name])
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_the_content_first(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/alarms")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", ALL_PAGES)
def test_texts_have_contrast(page: Page, running: RunningCentre, name: str, theme: str) -> None:
    page.goto(f"{running.url}/preferences?theme={theme}&language=vi")
    page.goto(running.url + ALL_PAGES[name])
    assert page.evaluate(CONTRAST) == []


def test_logging_out_ends_it(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/")
    page.click("#log-out")
    page.wait_for_url(f"{running.url}/login")
    page.goto(f"{running.url}/devices")
    assert urlsplit(page.url).path == "/login"


def test_nothing_complained_and_nothing_left_the_machine(witness: Witness) -> None:
    refused = ("status of 401", "status of 422")  # the wrong password, and the letter whose cause still stands
    assert [text for text in witness.complaints if not any(each in text for each in refused)] == []
    assert witness.hosts <= {"127.0.0.1", ""}


# WCAG 2.2, 1.4.3: every visible text against the nearest painted background has a ratio of at least 4.5.
CONTRAST = """() => {
  const square = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const canvas = square.getContext("2d", { willReadFrequently: true });
  const rgba = (text) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = (c) => { const [r, g, b] = c.map((v) => {
    v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (element) => { for (let e = element; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const box = element.getBoundingClientRect();
    if (!own || box.width < 2 || box.right < 0 || element.closest("script, .map, .hidden, .changed, option")) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color).slice(0, 3)), light(behind(element).slice(0, 3))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(
      `${element.className || element.tagName}: ${element.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
