"""How fast the screens are with ten thousand devices and two thousand open alarms.

`python -m tests.benchmarks.screens`: the real centre runs as a program of its own on its embedded store, with the
rules, sectors and indices of `deploy/`, while its gateways go on speaking. Every page of the menu is asked for alone
and opened in a browser, which then works in the list of alarms; at last fifty users ask the API, each with a second to
think between. A table for people, and one line of JSON last.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

from cloud.web.menu import ALWAYS, MORE
from tests.benchmarks.dense import (
    ALARMS,
    EVERYWHERE,
    GATEWAYS,
    PASSWORD,
    SOMEWHERE,
    USERS,
    fill,
    readings_per_s,
    write_province,
)
from tests.benchmarks.runs import is_up, program
from tests.browser.chromium import browser
from tests.browser.pictures import log_in
from tests.servers import free_port, run_mosquitto
from tests.waiting import until

PAUSE_S, LASTS_S = 1.0, 25.0
TURNS = 5  # of each page; the first one after a start is left out: it also loads its template
OPENED = 3  # of each page in the browser
MENU: Final = tuple(entry.address for entry in (*ALWAYS, *MORE))
BEHIND: Final = (
    "/alarms?per=500", "/devices?show=problems", "/devices?q=den", "/sectors/lighting", "/incidents?view=list",
    "/profiles", "/silenced", "/search?q=tu+123", "/gateways/load-00007", "/alarms/{alarm}",
)  # fmt: skip
API: Final = (
    "/alarms?open=true&limit=50", "/alarms?open=true&severity=1&limit=50", "/summary", "/devices?limit=100",
    "/devices?gateway=load-00007", "/devices/load-00007/device-3", "/sites", "/gateways?limit=100", "/incidents",
    "/rules", "/shelves", "/profiles", "/alarms/{alarm}", "/alarms/{alarm}/history", "/notices", "/map", "/sectors",
    "/cameras", "/search?q=tu+123",
)  # fmt: skip
# When the first row is there to be read, and how long the page takes to answer a hand: the browser measures both.
WATCH: Final = """() => {
  const rowed = () => document.querySelector("tr[data-alarm]") &&
    (requestAnimationFrame(() => { window.firstRow ??= performance.now(); }), true);
  new MutationObserver((_, watch) => rowed() && watch.disconnect())
    .observe(document, { childList: true, subtree: true });
  window.answers = [];
  new PerformanceObserver((list) => window.answers.push(...list.getEntries().map((e) => e.duration)))
    .observe({ type: "event", durationThreshold: 16, buffered: true });
}"""
LIMITS: Final = {
    "alarms_first_row_s": 1.0, "interaction_ms": 100.0, "api_p95_ms": 200.0, "page_worst_ms": 1000.0,
    "page_opened_worst_ms": 1000.0,
}  # fmt: skip
SHORTEST_MS = 16.0  # what took less the browser does not tell


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what, and how long it took."""

    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """A centre at work: where, as whom one may ask, one of its open alarms, and what it has cost."""

    url: str
    tokens: Sequence[str]
    alarm: str
    cpu_s: Callable[[], float]


@contextmanager
def at_work(folder: Path) -> Iterator[Place]:
    """The centre with its fleet, when every device has spoken and the indices are worked out."""
    with run_mosquitto() as broker:
        port = free_port()
        file = write_province(folder, port=port, broker=broker.url)
        tokens = fill(folder)
        with program(folder, "centre", ["-m", "cloud", "serve", "--config", str(file)]) as centre:
            until(lambda: is_up(port), within_s=120)
            process = psutil.Process(centre.pid)
            with fleet(broker.url):
                url = f"http://127.0.0.1:{port}"
                until(lambda: _is_quiet(process), within_s=90)
                yield Place(url, tokens, _an_alarm(url, tokens[0]), lambda: sum(process.cpu_times()[:2]))


@contextmanager
def fleet(broker: str) -> Iterator[None]:
    """The gateways, after each has spoken once."""
    command = [sys.executable, "-m", "tests.benchmarks.dense", broker]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), "the fleet could not speak"
            yield
        finally:
            process.terminate()


def _is_quiet(process: psutil.Process) -> bool:
    """Whether the start is over: the indices of all devices are worked out."""
    return process.cpu_percent(interval=2.0) < 40.0


def _an_alarm(url: str, token: str) -> str:
    answer = httpx.get(f"{url}/api/v1/alarms?open=true&limit=1", headers={"Authorization": f"Bearer {token}"})
    return str(answer.json()["items"][0]["id"])


def of_pages(place: Place) -> list[Asked]:
    """Each page alone, asked for by an administrator, who sees all of them."""
    found: list[Asked] = []
    with httpx.Client(base_url=place.url, timeout=30) as client:
        client.post("/api/v1/session", json={"user": "admin", "password": PASSWORD}).raise_for_status()
        for path in (*MENU, *BEHIND):
            for turn in range(TURNS + 1):
                begin = time.monotonic()
                client.get(path.format(alarm=place.alarm)).raise_for_status()
                if turn:
                    found.append(Asked(path, time.monotonic() - begin))
    return found


def in_the_browser(place: Place, folder: Path) -> tuple[list[Asked], dict[str, float]]:
    """Every page of the menu until it stands, and the list of alarms, opened and worked in."""
    with browser(folder / "profile") as context:
        page = context.pages[0]
        log_in(page, place.url, "admin", PASSWORD)
        opened = [_opened(page, place.url, path) for path in MENU for _ in range(OPENED)]
        context.add_init_script(f"({WATCH})()")
        firsts = [_first_row(page, f"{place.url}/alarms") for _ in range(5)]
        answers = _work(page)
        longest = [_first_row(page, f"{place.url}/alarms?per=500") for _ in range(3)]
        return opened, {
            "alarms_first_row_s": round(statistics.median(firsts) / 1000, 3),
            "alarms_500_first_row_s": round(statistics.median(longest) / 1000, 3),
            "interaction_ms": max(answers),
            "interaction_500_ms": max(_work(page)),
        }


def _opened(page: Page, url: str, path: str) -> Asked:
    """From the click until everything that the page needs is there."""
    page.goto(url + path, wait_until="load")
    took = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    return Asked(path, float(took) / 1000)


def _first_row(page: Page, address: str) -> float:
    page.goto(address, wait_until="load")
    page.wait_for_function("window.firstRow !== undefined")
    page.wait_for_selector("#live[data-state=live]")
    return float(page.evaluate("window.firstRow"))


def _work(page: Page) -> list[float]:
    """Ticks alarms one by one and all together, and opens and closes the form of one: each the median of some times."""
    boxes, everything, forms = (
        page.locator("[data-pick]"),
        page.locator("#pick-all"),
        page.locator("[data-open=remark]"),
    )
    return [
        _answer(page, [boxes.nth(number).click for number in range(5)]),
        _answer(page, [everything.click] * 6),
        _answer(page, [step for number in range(3) for step in (forms.nth(number).click, _escape(page))]),
    ]


def _escape(page: Page) -> Callable[[], None]:
    return lambda: page.keyboard.press("Escape")


def _answer(page: Page, steps: Sequence[Callable[[], None]]) -> float:
    """How long the page took to show the answer to each of these, in ms: the median of the longest event of each."""
    found = []
    for step in steps:
        page.evaluate("window.answers.length = 0")
        step()
        page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)))"
        )  # the browser tells late
        found.append(max(page.evaluate("window.answers"), default=SHORTEST_MS))
    return float(statistics.median(found))


async def of_users(place: Place) -> list[Asked]:
    """Fifty users, each with a token and a connection, who ask one thing after the other and think for a second."""
    asked: list[Asked] = []
    until_s = time.monotonic() + LASTS_S

    async def one(number: int, token: str) -> None:
        paths = itertools.cycle(API[number % len(API) :] + API[: number % len(API)])
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=f"{place.url}/api/v1", headers=headers, timeout=60) as client:
            await asyncio.sleep(PAUSE_S * number / USERS)
            while time.monotonic() < until_s:
                path = next(paths)
                begin = time.monotonic()
                answer = await client.get(path.format(alarm=place.alarm))
                answer.raise_for_status()
                asked.append(Asked(path, time.monotonic() - begin))
                await asyncio.sleep(PAUSE_S)

    async with asyncio.TaskGroup() as group:
        for number, token in enumerate(place.tokens):
            group.create_task(one(number, token))
    return asked


def quantile(seconds: Sequence[float], share: float) -> float:
    """The time within which this share of requests was answered."""
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


def add_rows(table: Table, what: str, asked: Sequence[Asked]) -> None:
    """Median, 95 % and worst by address."""
    for path in dict.fromkeys(each.path for each in asked):
        times = [each.seconds for each in asked if each.path == path]
        shown = (f"{1000 * each:.0f}" for each in (statistics.median(times), quantile(times, 0.95), max(times)))
        table.add_row(what, path, str(len(times)), *shown)


def measure(people: Console) -> dict[str, float]:
    """Fills a centre, starts it, lets it hear its fleet, and measures; `..._of_limit`: at most 1 is promised."""
    with tempfile.TemporaryDirectory(prefix="thacba-screens-") as name, at_work(Path(name)) as place:
        pages = of_pages(place)
        opened, figures = in_the_browser(place, Path(name))
        before, begin = place.cpu_s(), time.monotonic()
        asked = asyncio.run(of_users(place))
        cpu_s, took_s = place.cpu_s() - before, time.monotonic() - begin
    table = Table("", "address", "asked", "median ms", "p95 ms", "worst ms", title=f"{USERS} users think {PAUSE_S} s")
    for what, rows in (("page", pages), ("browser", opened), ("API", asked)):
        add_rows(table, what, rows)
    people.print(table)
    seconds = [each.seconds for each in asked]
    figures |= {
        "devices": GATEWAYS * len(EVERYWHERE + SOMEWHERE[0]),
        "open_alarms": ALARMS,
        "live_readings_per_s": round(readings_per_s()),
        "page_worst_ms": _worst(pages),
        "page_opened_worst_ms": _worst(opened),
        "api_users": USERS,
        "api_think_s": PAUSE_S,
        "api_requests_per_s": round(len(asked) / took_s, 1),
        "api_p50_ms": round(1000 * quantile(seconds, 0.5)),
        "api_p95_ms": round(1000 * quantile(seconds, 0.95)),
        "api_cpu_share": round(cpu_s / took_s, 2),
    }
    return figures | {f"{key}_of_limit": round(figures[key] / limit, 3) for key, limit in LIMITS.items()}


def main() -> None:
    """A table for people, and one line of JSON last."""
    sys.stdout.write(json.dumps(measure(Console(stderr=True, width=120))) + "\n")


def _worst(asked: Sequence[Asked]) -> int:
    """The median of the slowest address, in ms."""
    paths = {each.path for each in asked}
    return round(1000 * max(statistics.median([e.seconds for e in asked if e.path == path]) for path in paths))


if __name__ == "__main__":
    main()
