"""From the box to a commissioned gateway, as a technician does it: a phone, a QR code, a few taps.

Real centre, the generated settings of the broker, a simulated Modbus device, the real agent and the real page.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chromium import browser
from tests.browser.page_pictures import HERE, photo, sign
from tests.scenarios.box import LEVEL_M, PASSWORD, USER, Box, Province, box, province, report, river_gauge
from tests.waiting import until

# A gateway without a centre tries again after a minute at most, and one try may meet a centre that is starting.
SOME_TRIES_S = 240
pytestmark = [pytest.mark.scenario, pytest.mark.browser, pytest.mark.timeout(600)]

GATEWAY = "gw-mu-cang-chai"
WITHIN_S, TAPS = 60, 5


class Technician:
    """A phone in a gloved hand; counts every tap."""

    def __init__(self, page: Page, gateway: Box) -> None:
        self.page = page
        self.gateway = gateway
        self.taps = 0

    def scan(self, link: str) -> None:
        """The phone's own camera opens the link of the label."""
        self.page.goto(link)

    def tap(self, place: str) -> None:
        """One tap."""
        self.page.click(place)
        self.taps += 1

    def open_page(self) -> None:
        """Types the code of the label and opens the page."""
        self.page.fill("#code", self.gateway.code)
        self.tap(".go")

    def use_what_is_expected(self) -> None:
        """Waits until the search has found what the site needs, and takes it."""
        expect(self.page.locator("[name=found]:checked")).to_have_count(1, timeout=30_000)
        self.tap("form[action='/devices'] .go")

    def record_the_visit(self) -> None:
        """Checks, photo, position, name and signature."""
        page = self.page
        page.click(".bar .go")
        for answer in page.locator(".answers label[data-mark=good]").all():
            answer.click()
        page.set_input_files("[data-photo] >> nth=0", files=[photo()])  # type: ignore[list-item]
        expect(page.locator(".photos img")).to_be_visible()
        page.click(".bar .go")
        page.fill("#technician", "Giàng A Chu")
        page.click("#place-take")
        expect(page.locator("#lat")).to_have_value("21.846700")
        sign(page)
        page.click(".bar .go")
        expect(page.locator("[data-visit]")).to_contain_text("Kết quả: đạt")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[BrowserContext]:
    """A phone that knows where it is."""
    with browser(tmp_path / "profile", width=390, height=844) as context:
        context.grant_permissions(["geolocation"])
        context.set_geolocation(HERE)
        yield context


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Province]:
    """The province."""
    with province(tmp_path / "province") as made:
        yield made


@pytest.fixture
def gateway(tmp_path: Path, centre: Province) -> Iterator[Box]:
    """A box out of its carton, wired to a river gauge."""
    with river_gauge() as port, box(tmp_path / "box", page_port=centre.page_port, modbus_port=port) as made:
        yield made


def test_a_box_is_on_the_centres_map_within_a_minute_and_five_taps(
    centre: Province, gateway: Box, context: BrowserContext
) -> None:
    link = centre.expect_gateway(GATEWAY)
    desk = context.new_page()
    log_in(desk, centre.url)
    expect(desk.locator(".site-mark")).to_have_count(1)
    expect(desk.locator(".site-mark.at-site_ok")).to_have_count(0)
    technician = Technician(context.pages[0], gateway)
    began = time.monotonic()
    technician.scan(link)
    technician.open_page()
    technician.tap("#by-link .go")
    expect(technician.page.locator("[data-state=member]")).to_contain_text("Cầu Mù Cang Chải")
    technician.tap(".bar .go")
    technician.use_what_is_expected()
    until(lambda: level_at(centre) == pytest.approx(LEVEL_M, abs=0.01), WITHIN_S)
    on_the_map(desk)
    took = time.monotonic() - began
    expect(technician.page.locator("[data-point=level_m] .value")).to_contain_text("3,42")
    assert technician.taps <= TAPS
    print(f"on the map after {took:.1f} s and {technician.taps} taps")
    assert took <= WITHIN_S, report(centre.centre, gateway.agent, gateway.page)
    technician.record_the_visit()
    expect(technician.page.locator("[data-visit=sent]")).to_be_visible(timeout=60_000)
    assert records_at(centre) == ["pass"]


def test_without_a_centre_everything_is_done_and_completes_by_itself(
    centre: Province, gateway: Box, context: BrowserContext
) -> None:
    link = centre.expect_gateway(GATEWAY)
    centre.stop()
    technician = Technician(context.pages[0], gateway)
    page = technician.page
    technician.scan(link)
    technician.open_page()
    technician.tap("#by-link .go")
    expect(page.locator("[data-state=queued]")).to_contain_text("mã đã lưu trên máy")
    technician.tap(".bar .go")
    gauge = page.locator(".offer", has_text="Modbus").filter(has=page.locator("[name=found]"))
    gauge.locator("select").select_option("river_gauge_radar", timeout=30_000)
    gauge.locator("[name=found]").check()
    page.click("form[action='/devices'] .go")
    expect(page.locator("[data-point=level_m] .verdict")).to_have_text("Đúng")
    technician.record_the_visit()
    expect(page.locator("[data-visit=waiting]")).to_contain_text("Sẽ tự gửi khi có đường về trung tâm")
    page.goto("about:blank")  # he leaves
    centre.start()
    until(lambda: level_at(centre) == pytest.approx(LEVEL_M, abs=0.01), SOME_TRIES_S)
    until(lambda: records_at(centre) == ["pass"], SOME_TRIES_S)


def log_in(page: Page, url: str) -> None:
    """Somebody on duty looks at the map."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{url}/login")
    page.fill("[name=user]", USER)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"{url}/")


def on_the_map(desk: Page) -> None:
    """The site is marked as well, without anybody reloading."""
    expect(desk.locator(".site-mark.at-site_ok")).to_have_count(1, timeout=45_000)


def level_at(centre: Province) -> float | None:
    """The newest level that the centre has of the new gateway."""
    device = centre.get(f"/devices/{GATEWAY}/river-gauge-radar")
    points = device.get("points", [])
    assert isinstance(points, list)
    return next((each["value"] for each in points if each["key"] == "level_m"), None)


def records_at(centre: Province) -> list[str]:
    """The verdicts of the records that the centre has."""
    found = centre.get("/commissioning").get("items", [])
    assert isinstance(found, list)
    return [each["verdict"] for each in found]
