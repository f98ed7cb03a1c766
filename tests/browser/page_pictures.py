"""Takes the pictures of the gateway's own page, every step in both languages, on a phone and on a tablet."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page

from tests.browser.chromium import browser
from tests.edge_agent.page.demo_agent import GAUGE
from tests.edge_agent.page.rig import RunningPage, running_page

HEIGHTS = {390: 844, 1024: 1100}
LANGUAGES = ("vi", "en")
CLAIM = "#centre=https://trung-tam.laocai.example&claim=QFC9D-TY7VE"
HERE = {"latitude": 21.8467, "longitude": 104.0853, "accuracy": 6}


def take_page_pictures(folder: Path) -> None:
    """Walks through a visit once per size and language, and keeps what the technician sees."""
    for width, height in HEIGHTS.items():
        for language in LANGUAGES:
            with (
                tempfile.TemporaryDirectory() as scratch,
                running_page(Path(scratch) / "box") as running,
                browser(Path(scratch) / "profile", width=width, height=height) as context,
            ):
                walk = Walk(context, running, folder=folder, ending=f"{language}-{width}.png", width=width)
                context.pages[0].goto(f"{running.url}/preferences?language={language}&back=/login")
                walk.join()
                walk.devices()
                walk.record()
                walk.trouble()


class Walk:
    """One visit; each part takes its pictures."""

    def __init__(self, context: BrowserContext, running: RunningPage, *, folder: Path, ending: str, width: int) -> None:
        self._page = context.pages[0]
        self._running = running
        self._folder = folder
        self._ending = ending
        self._width = width
        context.grant_permissions(["geolocation"])
        context.set_geolocation(HERE)

    def join(self) -> None:
        """The door, a new box, and the claim."""
        page, url = self._page, self._running.url
        self._take("login")
        page.goto(f"{url}/{CLAIM}")
        enter(page, self._running.code)
        page.goto(f"{url}/")
        self._take("status-new")
        page.goto(f"{url}/join")
        self._take("join")
        page.click("#by-link .go")
        page.wait_for_selector("[data-state=member]")
        self._take("joined")

    def devices(self) -> None:
        """What is found, by hand, and the live values, right and wrong."""
        page, running = self._page, self._running
        page.goto(f"{running.url}/devices")
        page.wait_for_selector("[data-search=done]")
        assert page.is_checked("[name=found]"), "what the site expects is ticked"
        self._take("devices")
        page.click("#hand summary")
        self._take("devices-hand")
        page.click("form[action='/devices'] .go")
        page.wait_for_selector("[data-point=level_m][data-mark=good]")
        self._take("values")
        running.call(lambda: running.agent.qualities.update(velocity_m_s="uncertain:rate", batt_v="bad:range"))
        running.call(lambda: running.agent.readings["river_gauge_radar"].update(batt_v=5.1))
        page.wait_for_selector("[data-point=batt_v][data-mark=wrong]")
        self._take("values-wrong")
        running.call(running.agent.qualities.clear)
        running.call(lambda: running.agent.readings["river_gauge_radar"].update(batt_v=12.8))

    def record(self) -> None:
        """Checks, photo, position and signature."""
        page, url = self._page, self._running.url
        page.goto(f"{url}/checks")
        for box in page.locator(".answers label[data-mark=good]").all():
            box.click()
        page.set_input_files("[data-photo] >> nth=0", files=[photo()])
        page.wait_for_selector(".photos img")
        self._take("checks")
        page.click(".bar .go")
        page.fill("#technician", "Giàng A Chu")
        page.click("#place-take")
        page.wait_for_function("document.getElementById('lat').value !== ''")
        sign(page)
        self._take("finish")
        page.click(".bar .go")
        page.wait_for_selector("[data-visit]")
        self._take("done")

    def trouble(self) -> None:
        """All is well; then the link goes, and a device falls silent."""
        page, running = self._page, self._running
        page.goto(f"{running.url}/")
        self._take("status")
        running.call(lambda: running.agent.link.update(up=False, fault="dns"))
        running.call(lambda: running.agent.faults.update({str(GAUGE["id"]): "timeout"}))
        page.wait_for_selector("[data-sign=link][data-mark=wrong]")
        self._take("status-trouble")

    def _take(self, name: str) -> None:
        page, width = self._page, self._width
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        page.evaluate("document.activeElement.blur()")
        page.wait_for_timeout(150)
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(tall, HEIGHTS[width])})  # nothing sticks in between
        page.wait_for_timeout(100)
        page.screenshot(path=self._folder / f"page-{name}-{self._ending}")


def enter(page: Page, code: str) -> None:
    """Types the code of the label."""
    page.fill("#code", code)
    page.click(".go")
    page.wait_for_selector(".steps")


def sign(page: Page) -> None:
    """A finger on the canvas."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 70)
    page.mouse.down()
    for x, y in ((80, 30), (110, 95), (140, 40), (190, 90), (250, 50), (290, 75)):
        page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
    page.mouse.up()


def photo() -> dict[str, object]:
    """A picture as a phone's camera would hand it over."""
    picture = Image.new("RGB", (2400, 1800), "#7d97a8")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 1150, 2400, 1800), fill="#6b5b45")
    draw.rectangle((900, 350, 1500, 1400), fill="#c9d2d8", outline="#333", width=12)
    draw.rectangle((980, 450, 1420, 800), fill="#24343f")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
