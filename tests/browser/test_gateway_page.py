"""A technician's visit on a phone-sized screen: the QR code of the claim, a few taps, and a signed record."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chromium import browser
from tests.browser.page_pictures import CLAIM, HERE, enter, photo, sign
from tests.browser.test_pages import Witness
from tests.edge_agent.page.demo_agent import GAUGE
from tests.edge_agent.page.rig import RunningPage, running_page

pytestmark = pytest.mark.browser
SCREENS = ("/", "/join?other=true", "/devices", "/values", "/checks", "/finish", "/done")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A phone."""
    with browser(tmp_path_factory.mktemp("profile"), width=390, height=844) as context:
        context.grant_permissions(["geolocation"])
        context.set_geolocation(HERE)
        yield context


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningPage]:
    """A new box."""
    with running_page(tmp_path / "box") as running:
        yield running


@pytest.fixture
def page(context: BrowserContext, running: RunningPage) -> Page:
    """The phone, as it comes out of the pocket."""
    context.clear_cookies()
    page = context.pages[0]
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def test_from_the_qr_code_to_live_values_in_four_taps(
    context: BrowserContext, page: Page, running: RunningPage
) -> None:
    witness = Witness(context)
    page.goto(f"{running.url}/{CLAIM}")
    expect(page.locator("#claim-kept")).to_be_visible()
    assert "claim" not in page.url, "the claim is off the screen and out of the history"
    page.fill("#code", running.code)
    page.click(".go")  # 1
    expect(page.locator("[data-claim=claim]")).to_have_text("QFC9D-TY7VE")
    page.click("#by-link .go")  # 2
    expect(page.locator("[data-state=member]")).to_contain_text("Tủ cầu Mù Cang Chải")
    page.click(".bar .go")  # 3
    expect(page.locator("[data-search=done]")).to_be_visible()
    page.click("form[action='/devices'] .go")  # 4
    value = page.locator("[data-point=level_m]")
    expect(value.locator(".value")).to_contain_text("3,42")
    expect(value.locator(".verdict")).to_have_text("Đúng")
    running.call(lambda: running.agent.readings["river_gauge_radar"].update(level_m=3.57))
    expect(value.locator(".value")).to_contain_text("3,57")
    assert witness.complaints == []
    assert witness.hosts == {"127.0.0.1"}


def test_a_tick_stays_while_the_search_goes_on(page: Page, running: RunningPage) -> None:
    page.goto(running.url)
    enter(page, running.code)
    page.goto(f"{running.url}/devices")
    page.check("[name=found]")
    page.wait_for_selector("[data-search=done]")
    assert page.is_checked("[name=found]")


def test_a_visit_is_recorded_with_photo_position_and_signature(page: Page, running: RunningPage) -> None:
    running.call(lambda: running.agent.devices.append(dict(GAUGE)))
    page.goto(running.url)
    enter(page, running.code)
    page.goto(f"{running.url}/checks")
    page.check("[name=check-river-gauge-radar-mounted][value=no]")
    page.set_input_files("[data-photo] >> nth=0", files=[photo()])  # type: ignore[list-item]
    expect(page.locator(".photos img")).to_be_visible()
    page.click(".bar .go")
    page.fill("#technician", "Giàng A Chu")
    page.click("#place-take")
    expect(page.locator("#lat")).to_have_value("21.846700")
    sign(page)
    page.click(".bar .go")
    expect(page.locator("[data-visit=waiting]")).to_contain_text("Kết quả: không đạt")
    visit = running.cabinet.desk.visits()[0]
    record = running.cabinet.desk.record(visit.id)
    picture, signature = record.files
    assert (picture.kind, picture.type, signature.kind) == ("photo", "image/jpeg", "signature")
    kept = Image.open(io.BytesIO(running.cabinet.desk.content(visit.id, picture.sha256)))
    assert kept.size == (1600, 1200), "made small on the phone"
    assert record.place is not None
    assert record.place.accuracy_m == 6


def test_whoever_cannot_draw_photographs_a_signature_on_paper(page: Page, running: RunningPage) -> None:
    running.call(lambda: running.agent.devices.append(dict(GAUGE)))
    page.goto(running.url)
    enter(page, running.code)
    page.goto(f"{running.url}/finish")
    page.fill("#technician", "Giàng A Chu")
    page.set_input_files("#pad-paper", files=[photo()])  # type: ignore[list-item]
    expect(page.locator("#pad-state")).to_have_text("Đã có chữ ký.")
    page.click(".bar .go")
    expect(page.locator("[data-visit=waiting]")).to_be_visible()


def test_where_no_position_is_given_a_photo_may_carry_it(page: Page, running: RunningPage) -> None:
    running.call(lambda: running.agent.devices.append(dict(GAUGE)))
    page.goto(running.url)
    enter(page, running.code)
    page.add_init_script(
        "Object.defineProperty(window, 'isSecureContext', {get: () => !location.search.includes('plain')})"
    )
    page.goto(f"{running.url}/finish?plain")
    expect(page.locator("#place-insecure")).to_contain_text("chỉ cho lấy vị trí trên trang mã hóa")
    expect(page.locator("#place-take")).to_be_hidden()
    page.set_input_files("#place-photo", files=[{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _located()}])
    expect(page.locator("#lat")).to_have_value("21.846694")
    expect(page.locator("#lon")).to_have_value("104.085306")
    page.set_input_files("#place-photo", files=[photo()])  # type: ignore[list-item]
    expect(page.locator("#place-state")).to_contain_text("không ghi vị trí")


def test_out_of_reach_the_shell_says_what_to_do(context: BrowserContext, page: Page, running: RunningPage) -> None:
    page.goto(f"{running.url}/login")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    try:
        page.goto(running.url)
        expect(page.locator("h1")).to_have_text("Không nối được tới thiết bị")
    finally:
        context.set_offline(False)


def test_values_that_grow_old_are_said_to_be_old(context: BrowserContext, page: Page, running: RunningPage) -> None:
    running.call(lambda: running.agent.devices.append(dict(GAUGE)))
    page.goto(running.url)
    enter(page, running.code)
    page.goto(f"{running.url}/values")
    context.set_offline(True)
    try:
        expect(page.locator("#stale")).to_contain_text("Mất kết nối với thiết bị")
    finally:
        context.set_offline(False)
    expect(page.locator("#stale")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_screen_fits_small_phones_gloves_and_the_sun(page: Page, running: RunningPage, theme: str) -> None:
    running.call(lambda: running.agent.devices.append(dict(GAUGE)))
    running.call(lambda: running.agent.qualities.update(level_m="uncertain:rate", batt_v="bad:range"))
    running.call(lambda: running.agent.link.update(fault="dns"))
    page.goto(running.url)
    enter(page, running.code)
    page.goto(f"{running.url}/preferences?theme={theme}")
    page.set_viewport_size({"width": 320, "height": 640})
    for path in SCREENS:
        page.goto(running.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert page.evaluate(TOO_SMALL) == [], path
        assert page.evaluate(TOO_FAINT, 7 if theme == "light" else 4.5) == [], path
        assert page.evaluate(UNLABELLED) == [], path


# what a finger has to hit, smaller than 44 px in one direction (WCAG 2.2 asks for 24)
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary, textarea")]
  .filter((one) => one.offsetParent && !one.closest(".skip"))
  .map((one) => [one, (one.closest("label.tick, label.picker, .answers label") ?? one).getBoundingClientRect()])
  .filter(([, box]) => box.width && Math.min(box.width, box.height) < 44)
  .map(([one, box]) => `${one.outerHTML.slice(0, 80)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""

TOO_FAINT = """(least) => {
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.slice(0, 3).map((one) => linear(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const speaks = (one) => [...one.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
  const texts = [...document.body.querySelectorAll("*")]
    .filter((one) => one.offsetParent && !one.closest(".hidden, .skip") && speaks(one));
  return texts.map((one) => {
    const [a, b] = [light(colour(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), one.outerHTML.slice(0, 80)];
  }).filter(([ratio]) => ratio < least);
}"""

UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
  .filter((one) => !one.labels?.length && !one.ariaLabel).map((one) => one.outerHTML.slice(0, 80))"""


def _located() -> bytes:
    """A JPEG whose EXIF part says 21°50'48.1" N, 104°5'7.1" E."""

    def degrees(whole: int, minutes: int, tenths: int) -> bytes:
        return struct.pack("<6I", whole, 1, minutes, 1, tenths, 10)

    lat, lon = degrees(21, 50, 481), degrees(104, 5, 71)
    root = struct.pack("<H", 1) + struct.pack("<HHII", 0x8825, 4, 1, 26) + struct.pack("<I", 0)
    data = 26 + 2 + 4 * 12 + 4
    gps = struct.pack("<H", 4)
    gps += struct.pack("<HHI4s", 1, 2, 2, b"N\0\0\0") + struct.pack("<HHII", 2, 5, 3, data)
    gps += struct.pack("<HHI4s", 3, 2, 2, b"E\0\0\0") + struct.pack("<HHII", 4, 5, 3, data + len(lat))
    tiff = b"II*\0" + struct.pack("<I", 8) + root + gps + struct.pack("<I", 0) + lat + lon
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "#7d97a8").save(out, "JPEG", exif=b"Exif\0\0" + tiff)
    return out.getvalue()
