"""A flood and a smoky morning on the pages of disaster and environment, as the officer on duty uses them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import log_in
from tests.browser.test_axe import AXE, RUN
from tests.browser.test_pages import CONTRAST, Witness
from tests.cloud.api.fake_centre import PASSWORD
from tests.cloud.web.sample_situation import add_situation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    """The sample province in a flood."""
    with running_centre(tmp_path_factory.mktemp("centre")) as running:
        running.call(add_situation)
        yield running


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory, running: RunningCentre) -> Iterator[BrowserContext]:
    """One browser in which the operator has logged in."""
    with browser(tmp_path_factory.mktemp("profile"), width=1366, height=900) as context:
        log_in(context.pages[0], running.url, "operator", PASSWORD)
        yield context


@pytest.fixture(scope="module")
def witness(context: BrowserContext) -> Witness:
    """Listens from the first page to the last."""
    return Witness(context)


@pytest.fixture
def page(context: BrowserContext, running: RunningCentre, witness: Witness) -> Page:
    """The page, in Vietnamese and dark, on a desk."""
    page = context.pages[0]
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto(f"{running.url}/preferences?language=vi&theme=dark")
    return page


def test_the_flood_is_told_with_its_marks_and_goes_on_without_reloading(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/disaster")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    river = page.locator(".gauge", has_text="Trạm đo mực nước Yên Bái")
    expect(river).to_contain_text("Trên báo động II")
    expect(river).to_contain_text("còn 0,58 m tới báo động III")
    expect(river).to_contain_text("nếu giữ tốc độ này: tới báo động III")
    expect(page.locator("#waters")).to_contain_text("không phải dự báo thủy văn")
    lake = page.locator(".gauge", has_text="Mực nước hạ lưu")
    expect(lake).to_contain_text("2/3 cửa xả đang mở")
    expect(lake).to_contain_text("-466 m³/s")
    wettest = page.locator(".rain tbody tr").first
    expect(wettest).to_contain_text("Mưa Trạm Tấu")
    expect(wettest.locator('[data-label="R24"]')).to_contain_text("Cao")
    expect(page.locator(".rain tr", has_text="Mưa Văn Yên")).to_contain_text("không có số liệu")
    expect(page.locator(".slope").first).to_contain_text("Nghĩa Lộ")
    running.call(lambda centre: centre.measure("gw-thao", "gauge-yen-bai", "level_m", 32.07))
    expect(river.locator(".level [data-part=value]")).to_have_text("32,07")


def test_a_step_is_ticked_with_its_number_and_taken_back(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/disaster")
    step = page.locator("[data-step=moved]")
    expect(page.locator(".evacuation")).to_contain_text("2/9 bước đã xong")
    step.get_by_role("button").click()
    page.fill("dialog[open] [name=count]", "1180")
    page.fill("dialog[open] [name=note]", "về trường Hồng Hà")
    page.click("dialog[open] [type=submit]")
    expect(step).to_contain_text("1.180 người")
    expect(step).to_contain_text("operator đánh dấu")
    expect(step).to_contain_text("về trường Hồng Hà")
    expect(page.locator(".evacuation")).to_contain_text("3/9 bước đã xong")
    step.get_by_role("button").click()
    expect(page.locator("dialog[open] [name=count]")).to_be_hidden()
    page.click("dialog[open] [type=submit]")
    expect(step).to_contain_text("operator bỏ dấu")
    expect(page.locator(".evacuation")).to_contain_text("2/9 bước đã xong")
    audit = running.call(lambda centre: centre.state.audit(limit=2))
    assert [(row.actor, row.action) for row in audit] == [
        ("operator", "evacuation_untick"),
        ("operator", "evacuation_tick"),
    ]
    assert audit[1].detail == "moved 1180 về trường Hồng Hà"


def test_a_bulletin_is_copied_with_its_source_and_withdrawn(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/disaster")
    expect(page.locator("#bulletins")).to_contain_text("Cấp 3")
    page.click("#do-copy")
    form = page.locator("dialog[open]")
    for name, text in {
        "agency": "Đài KTTV tỉnh",
        "title": "Tin cảnh báo lũ quét",
        "text": "Trong 6 giờ tới nguy cơ cao.",
        "source": "Công văn 12",
        "issued_at": "2026-09-08T07:00",
        "valid_until": "2099-09-08T07:00",
    }.items():
        form.locator(f"[name={name}]").fill(text)
    form.locator("[name=hazard]").select_option("flash_flood")
    form.locator("[type=submit]").click()
    copied = page.locator(".bulletin", has_text="Tin cảnh báo lũ quét")
    expect(copied).to_contain_text("Nguồn: Công văn 12")
    expect(copied).to_contain_text("operator chép")
    expect(copied.locator(".risk")).to_have_count(0)
    copied.get_by_role("button", name="Rút bản chép").click()
    page.fill("dialog[open] [name=reason]", "chép nhầm")
    page.click("dialog[open] [type=submit]")
    expect(copied).to_have_count(0)


def test_air_has_its_official_colour_and_its_word_and_no_data_has_none(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/environment")
    worst = page.locator("#air .station").first
    expect(worst.locator(".big-aqi")).to_have_text("159Xấu")
    expect(worst.locator(".big-aqi")).to_have_css("background-color", "rgb(255, 0, 0)")
    expect(worst).to_contain_text("Bụi PM2.5")
    expect(worst.locator(".strip rect")).to_have_count(24)
    silent = page.locator("#air .station", has_text="Mù Cang Chải")
    expect(silent.locator(".big-aqi")).to_contain_text("không có số liệu")
    expect(silent.locator(".big-aqi")).to_have_css("border-style", "dashed")
    river = page.locator("#water .station").first
    expect(river.locator(".big-aqi")).to_have_text("CXấu")
    expect(river).to_contain_text("Amoni vượt ngưỡng")
    running.call(lambda centre: centre.measure("gw-pvhcc", "station-yen-bai", "pm25", 101.5))
    expect(worst.locator('[data-value$="/pm25"] [data-part=value]')).to_have_text("101,5")


@pytest.mark.parametrize("name", ["disaster", "environment"])
def test_a_full_page_fits_and_can_be_read_by_everybody(page: Page, running: RunningCentre, name: str) -> None:
    for theme, language in (("dark", "vi"), ("light", "en")):
        page.goto(f"{running.url}/preferences?theme={theme}&language={language}")
        page.goto(f"{running.url}/{name}")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        for width in (1920, 390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, language)
        assert page.evaluate(CONTRAST) == [], theme
        page.evaluate(AXE)
        assert page.evaluate(RUN, None) == [], theme


def test_nothing_complained_and_nothing_left_the_machine(witness: Witness) -> None:
    assert witness.complaints == []
    assert witness.hosts <= {"127.0.0.1", ""}


def test_what_somebody_has_opened_stays_open_when_the_page_renews_itself(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.locator("#site-list summary").click()
    page.evaluate("document.getElementById('site-list').dataset.former = 'yes'")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('thacba:alarms', { detail: {} }))")
    expect(page.locator("#site-list[data-former]")).to_have_count(0)  # the server's new one stands there
    expect(page.locator("#site-list")).to_have_attribute("open", "")
    page.locator("#site-list summary").click()
    page.evaluate("document.getElementById('site-list').dataset.former = 'yes'")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('thacba:alarms', { detail: {} }))")
    expect(page.locator("#site-list[data-former]")).to_have_count(0)
    expect(page.locator("#site-list")).not_to_have_attribute("open", "")
