"""Takes the pictures of the pages: `python -m tests.browser.pictures FOLDER [URL USER]`.

Without an address it shows the sample province and the page of a sample gateway; with one, a running centre (the
password comes from THACBA_PASSWORD). Without a folder it renews those that the README and the guides show.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page

from cloud.incidents.casebook import Action, Facts, move, open_incident
from cloud.incidents.workflow import Move
from cloud.store.base import AlarmFilter, AlarmRow
from tests.browser.centre import running_centre
from tests.browser.chromium import browser
from tests.browser.page_pictures import take_page_pictures
from tests.cloud.api.fake_centre import PASSWORD, FakeCentre
from tests.cloud.commissioning.sample import keep, sample_record
from tests.cloud.web.sample_situation import add_situation

PAGES = {
    "overview": "/",
    "devices": "/devices",
    "alarms": "/alarms?state=any",
    "incidents": "/incidents",
    "planned": "/planned-work",
    "silenced": "/silenced",
    "handover": "/handover",
    "gateways": "/gateways",
    "map": "/map",
    "cameras": "/cameras",
    "leader": "/leader",
    "reports": "/reports",
    "report": "/reports/2026-06",
    "waves": "/waves",
    "sectors": "/sectors",
    "sector": "/sectors/kiosks",
    "search": "/search?q=yen+bai",
    "rules": "/rules",
    "profiles": "/profiles",
    "profile": "/profiles/power_meter_sdm630",
    "letters": "/dead-letters",
    "commissionings": "/commissioning",
}
OF_ADMINISTRATORS = {"accounts": "/admin", "sessions": "/admin/sessions", "audit": "/admin/audit?verify=true"}
ROOT = Path(__file__).parents[2]
SHOWN = ROOT / "docs" / "pictures"
WIDTHS = {1440: 900, 390: 844}
LANGUAGES = ("vi", "en")
MOST_HEIGHT = 2400  # of a picture; the list of devices goes on


def log_in(page: Page, url: str, user: str, password: str) -> None:
    """Types the credentials and waits for the overview."""
    page.goto(f"{url}/login")
    page.fill("[name=user]", user)
    page.fill("[name=password]", password)
    page.click("[type=submit]")
    page.wait_for_url(f"{url}/")


def shown_in_guides() -> set[str]:
    """The file names of the pictures that the README and the guides link to."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))]
    return {name for text in texts for name in re.findall(r"pictures/([a-z0-9-]+\.png)", text)}


def take(context: BrowserContext, url: str, folder: Path, width: int, pages: dict[str, str]) -> None:
    """These pages in both languages at one width."""
    page = context.pages[0]
    for language in LANGUAGES:
        page.goto(f"{url}/preferences?language={language}")
        for name, path in pages.items():
            picture = f"{name}-{language}-{width}.png"
            if folder == SHOWN and picture not in shown_in_guides():
                continue
            page.goto(url + path)
            page.wait_for_selector("#live[data-state=live]")
            page.wait_for_timeout(600)  # charts and map settle
            if name == "gaps":
                page.click("#gaps summary")
            tall = min(MOST_HEIGHT, page.evaluate("document.documentElement.scrollHeight"))
            clip = {"x": 0, "y": 0, "width": width, "height": tall}
            page.screenshot(path=folder / picture, full_page=True, clip=clip)


def main() -> None:
    """Reads the command line and takes the pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHOWN
    folder.mkdir(parents=True, exist_ok=True)
    if len(sys.argv) > 3:
        visit(sys.argv[2].rstrip("/"), sys.argv[3], os.environ["THACBA_PASSWORD"], folder, PAGES)
        return
    with tempfile.TemporaryDirectory() as scratch, running_centre(Path(scratch)) as running:
        opened = running.centre.state.alarms(AlarmFilter(open=True), before=None, limit=10)
        newest = next(row for row in opened if row.level)
        more = {
            "device": "/devices/gw-thao/gauge-yen-bai?point=level_m",
            "gaps": "/devices/gw-thao/gauge-yen-bai?point=level_m",
            "alarm": f"/alarms/{newest.id}",
            "incident": f"/incidents/{incident_of(running.centre, newest)}",
            "commissioning": f"/commissioning/{keep_record(running.centre, Path(scratch) / 'edge')}",
            "disaster": "/disaster",
            "environment": "/environment",
        }
        running.call(add_situation)
        visit(running.url, "operator", PASSWORD, folder, PAGES | more)
        visit(running.url, "admin", PASSWORD, folder, OF_ADMINISTRATORS)
    take_page_pictures(folder)
    if folder == SHOWN:
        _tidy(shown_in_guides())


def _tidy(wanted: set[str]) -> None:
    """Takes away what no guide shows, and makes the rest light: screens have few colours."""
    for path in SHOWN.glob("*.png"):
        if path.name not in wanted:
            path.unlink()
            continue
        with Image.open(path) as picture:
            light = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        light.save(path, optimize=True)


def incident_of(centre: FakeCentre, alarm: AlarmRow) -> str:
    """A new incident out of an alarm, received and given to a commune."""
    facts = Facts(title=alarm.text_vi, severity=alarm.severity, site=alarm.site, alarms=(alarm.id,))
    now = centre.clock.now_ms()
    change = open_incident(Action("operator", now, facts=facts))
    centre.incidents.keep(change)
    for how in (Move.RECEIVE, Move.CLASSIFY, Move.DISPATCH):
        action = Action("operator", now, "Đã gọi trạm, số đo đúng.", Facts(assignee="UBND phường Yên Bái"))
        change = move(change.incidents[0], how, action)
        centre.incidents.keep(change)
    return change.incidents[0].id


def keep_record(centre: FakeCentre, folder: Path) -> str:
    """What a technician installed at the river; gives the id of the record."""
    now = centre.clock.now_ms()
    record, contents = sample_record(folder, now, gateway="gw-thao", site="site-cau-yen-bai")
    return keep(centre.commissioning, record, contents, now=now)


def visit(url: str, user: str, password: str, folder: Path, pages: dict[str, str]) -> None:
    """One browser per width."""
    for width, height in WIDTHS.items():
        with tempfile.TemporaryDirectory() as profile, browser(Path(profile), width=width, height=height) as context:
            log_in(context.pages[0], url, user, password)
            river = context.pages[0].locator("#rivers h3 a")
            if river.count() and "device" not in pages and pages is PAGES:
                pages = {**pages, "device": str(river.first.get_attribute("href"))}
            take(context, url, folder, width, pages)


if __name__ == "__main__":
    main()
