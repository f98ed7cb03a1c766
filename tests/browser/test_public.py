"""A citizen on a phone: looks at the river, reports a crack with a photo, follows it up, and answers a survey."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from cloud.store.incident_port import IncidentFilter
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.public_pictures import PAGES
from tests.browser.test_pages import CONTRAST, Witness
from tests.cloud.web.sample_situation import add_situation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    """The sample province in a flood, behind a real server."""
    with running_centre(tmp_path_factory.mktemp("centre")) as running:
        running.call(add_situation)
        yield running


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser, of somebody who never logs in."""
    with browser(tmp_path_factory.mktemp("profile"), width=390, height=844) as context:
        yield context


@pytest.fixture(scope="module")
def witness(context: BrowserContext) -> Witness:
    """Listens from the first page to the last."""
    return Witness(context)


@pytest.fixture
def page(context: BrowserContext, running: RunningCentre, witness: Witness) -> Page:
    """Vietnamese, on a phone."""
    page = context.pages[0]
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{running.url}/preferences?language=vi&theme=dark&back=/public")
    return page


def test_everybody_sees_the_river_the_air_and_the_bulletin_with_its_source(page: Page) -> None:
    river = page.locator(".public-lines li", has_text="Trạm đo mực nước Yên Bái")
    expect(river).to_contain_text("31,42")
    expect(river.locator(".badge")).to_have_text("Trên báo động II")
    expect(page.locator("#bulletins")).to_contain_text("Nguồn: https://kttv.example/tin-lu/12")
    expect(page.locator(".air").first).not_to_be_empty()
    expect(page.locator("#board-at")).to_contain_text("không thay cho bản tin")


def test_a_report_with_a_photo_is_sent_and_followed(page: Page, running: RunningCentre) -> None:
    picture = BytesIO()
    Image.new("RGB", (80, 60), "#446644").save(picture, "JPEG")
    page.goto(f"{running.url}/public/report")
    page.select_option("[name=topic]", "landslide")
    page.fill("[name=place]", "Km 12, QL 32")
    page.fill("[name=words]", "Ta luy nứt dài 4 m")
    photo = {"name": "nut.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    page.set_input_files("[name=photos]", [photo])
    page.click("#report [type=submit]")
    expect(page.locator("#sent")).to_be_visible()
    reference = page.locator("#reference").inner_text()
    [incident] = running.call(
        lambda centre: centre.incidents.incidents(IncidentFilter(state="new"), before=None, limit=9)
    )
    assert incident.title == "Phản ánh hiện trường: sạt lở, nứt đất"
    page.fill("#follow input", reference.lower().replace("-", " "))
    page.click("#follow [type=submit]")
    expect(page.locator(".facts-of-report")).to_contain_text("Đã gửi, chờ tiếp nhận")
    expect(page.locator(".facts-of-report dd").last).to_have_text("1")


def test_one_tap_answers_the_survey(page: Page, running: RunningCentre) -> None:
    page.goto(f"{running.url}/public/survey/site-pvhcc")
    page.get_by_role("button", name="Không hài lòng", exact=True).click()
    expect(page.locator("#thanks")).to_be_visible()
    expect(page.locator("[data-score='5']")).to_be_disabled()
    [count] = running.call(lambda centre: centre.state.citizens.answers(since_day=0))
    assert (count.site, count.score, count.answers) == ("site-pvhcc", 2, 1)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_public_pages_fit_and_have_contrast(page: Page, running: RunningCentre, theme: str) -> None:
    page.goto(f"{running.url}/preferences?theme={theme}&language=en&back=/public")
    for path in PAGES.values():
        for width in (1366, 320):
            page.set_viewport_size({"width": width, "height": 844})
            page.goto(running.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CONTRAST) == [], path


def test_nothing_complained_and_nothing_left_the_machine(witness: Witness) -> None:
    assert witness.complaints == []
    assert witness.hosts <= {"127.0.0.1", ""}
