"""Every page holds to WCAG 2.2 AA as axe-core sees it, in both themes, and brings little JavaScript."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request

from cloud.store.base import AlarmFilter
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import browser
from tests.browser.pictures import incident_of, keep_record, log_in
from tests.browser.site_walk import addresses, pages_of_policy
from tests.cloud.api.fake_centre import PASSWORD
from tests.cloud.web.sample_situation import add_situation

pytestmark = pytest.mark.browser
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
MOST_SCRIPT = 150 * 1024  # bytes, gzipped, of one page with its vendors
# What axe finds, as lines to read. In the second theme only what depends on colours can differ.
RUN = """async (only) => {
  const wanted = only ? { runOnly: { type: "rule", values: only } } : {};
  const found = await axe.run(document, { ...wanted, resultTypes: ["violations"] });
  return found.violations.filter((each) => ["serious", "critical"].includes(each.impact)).flatMap((each) =>
    each.nodes.slice(0, 5).map((node) => `${each.id} (${each.impact}): ${node.html.slice(0, 160)} | ` +
      [...node.any, ...node.all].map((check) => check.message).join("; ").slice(0, 200)));
}"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    """The sample province, with an incident, a record of commissioning and a roll-out to link to."""
    folder = tmp_path_factory.mktemp("centre")
    with running_centre(folder) as running:
        opened = running.centre.state.alarms(AlarmFilter(open=True), before=None, limit=10)
        incident_of(running.centre, next(row for row in opened if row.level))
        keep_record(running.centre, folder / "edge")
        asyncio.run_coroutine_threadsafe(running.centre.offices.fill(), running.loop).result(timeout=20)
        running.call(add_situation)
        yield running


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory, running: RunningCentre) -> Iterator[BrowserContext]:
    """One browser, in which an administrator, who sees every page, has logged in."""
    with browser(tmp_path_factory.mktemp("profile")) as context:
        log_in(context.pages[0], running.url, "admin", PASSWORD)
        yield context


@pytest.fixture(scope="module")
def where(context: BrowserContext, running: RunningCentre) -> dict[str, str]:
    """An address per page."""
    cookies = {str(each["name"]): str(each["value"]) for each in context.cookies()}
    with httpx.Client(base_url=running.url, cookies=cookies, timeout=20) as client:
        seen = {"topic": "landslide", "area": "132", "place": "Km 12, QL 32", "words": "Ta luy nứt dài 4 m"}
        answer = client.post("/api/v1/public/reports", json=seen).raise_for_status()
        newest = client.get("/api/v1/incidents").json()["items"][0]
        unlinked = {  # papers on walls and messages lead there, and a link that only its incident has
            "/public/report/{reference}": f"/public/report/{answer.json()['reference']}",
            "/public/survey/{site}": "/public/survey/site-pvhcc",
            "/incidents/{incident}": f"/incidents/{newest['id']}",  # the one with most on it
            "/incidents/{incident}/citizen-report": f"/incidents/{newest['id']}/citizen-report?purpose=handle",
        }
        return addresses(client, unlinked)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The one page."""
    return context.pages[0]


@pytest.mark.parametrize("template", pages_of_policy())
def test_a_page_is_accessible_and_light(
    page: Page, running: RunningCentre, where: dict[str, str], template: str
) -> None:
    assert template in where, f"no page links to {template}"
    scripts: set[str] = set()

    def note(asked: Request) -> None:
        if asked.resource_type == "script":
            scripts.add(asked.url)

    page.on("request", note)
    page.goto(f"{running.url}{where[template]}", wait_until="load")
    page.remove_listener("request", note)
    weight = {url: gzipped(url) for url in scripts}
    assert sum(weight.values()) <= MOST_SCRIPT, weight
    page.evaluate(AXE)  # evaluated, not added as an element: our own policy forbids inline scripts
    assert page.evaluate(RUN, None) == []
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert page.evaluate(RUN, ["color-contrast", "link-in-text-block"]) == []


@cache
def gzipped(url: str) -> int:
    """Bytes of a script when it travels compressed."""
    return len(gzip.compress(httpx.get(url, timeout=20).raise_for_status().content))
