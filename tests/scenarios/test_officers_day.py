"""The whole day of an officer on duty in a real browser: a flood rises, is worked, escalates, is handed over.

Real centre behind its own web server, real broker, a gateway that says what the river does.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cloud.access.passwords import hash_password
from cloud.app import Centre
from cloud.settings import read_settings
from cloud.store.base import UserRow
from cloud.web.words import Language, word
from tests.browser.chromium import browser
from tests.browser.page_pictures import photo
from tests.browser.pictures import log_in
from tests.cloud.stage import RULE, ScriptedGateway, running, scripted, write_config
from tests.servers import Server

pytestmark = [pytest.mark.scenario, pytest.mark.browser, pytest.mark.timeout(300)]

T = TypeVar("T")
OFFICER, LEADER, PASSWORD = "truc-ban", "truong-ca", "nước lên 3,42 mét"
FLOOD = """
[[kind.levels]]
name = "II"
severity = 2
above = 31.0
clear = 30.5
"""
REGULATION = Path(__file__).parents[2] / "deploy" / "incidents" / "regulation.toml"
LATE, LATE_AT_ONCE = '{ tier = "department", after = 1 }', '{ tier = "department", after = 0.01 }'  # 3 s of 5 min


@dataclass(frozen=True)
class Duty:
    """A centre at work, and the river that its gauge reads."""

    url: str
    centre: Centre
    gateway: ScriptedGateway
    loop: asyncio.AbstractEventLoop

    def river(self, *levels_m: float) -> None:
        """The gauge reads these, and the centre has them on disk."""

        async def say() -> None:
            numbers = [(await self.gateway.measure(level)).sequence for level in levels_m]
            await self.gateway.until_settled(*numbers, within_s=20)

        self.call(say())

    def call(self, act: Coroutine[Any, Any, T]) -> T:
        """Does something on the centre's loop."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(timeout=30)


@contextmanager
def on_duty(folder: Path, broker: Server) -> Iterator[Duty]:
    """A centre with two people and one river, in a thread of its own."""
    config = write_config(folder, f"mqtt://127.0.0.1:{broker.port}")
    (folder / "rules" / "river_high.toml").write_text(RULE + FLOOD, encoding="utf-8")
    regulation = REGULATION.read_text(encoding="utf-8").replace(LATE, LATE_AT_ONCE, 1)
    (folder / "regulation.toml").write_text(regulation, encoding="utf-8")
    config.write_text('regulation = "regulation.toml"\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
    began: list[Duty] = []
    ready, over = threading.Event(), threading.Event()

    async def live() -> None:
        async with scripted(broker) as gateway, running(Centre(read_settings(config))) as centre:
            for name, role in ((OFFICER, "operator"), (LEADER, "engineer")):
                await asyncio.to_thread(centre.state.put_user, UserRow(name, role, hash_password(PASSWORD), 1))
            await gateway.be_born()
            url = f"http://127.0.0.1:{centre.port}"
            began.append(Duty(url, centre, gateway, asyncio.get_running_loop()))
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(live()), name="centre")
    thread.start()
    try:
        assert ready.wait(30), "the centre did not start"
        yield began[0]
    finally:
        over.set()
        thread.join(30)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[BrowserContext]:
    """One browser."""
    with browser(tmp_path / "profile") as context:
        yield context


class Officer:
    """Somebody at the page, in his language; keeps a picture of each step where PICTURES says so."""

    def __init__(self, page: Page, duty: Duty, language: Language) -> None:
        self.page = page
        self._duty = duty
        self._language = language

    def says(self, key: str) -> str:
        """A word as the page has it."""
        return word(self._language, key)

    def logs_in(self, name: str) -> None:
        """By the form."""
        self.page.goto(f"{self._duty.url}/preferences?language={self._language}&theme=dark")
        log_in(self.page, self._duty.url, name, PASSWORD)

    def waits_until_it_lives(self) -> None:
        """The page's modules are at work: before that a button does nothing."""
        expect(self.page.locator("#live")).to_have_attribute("data-state", "live")

    def moves(self, move: str, **fields: str) -> None:
        """Makes one move of the incident, and waits until it is done."""
        self.waits_until_it_lives()
        state = self.page.locator("#incident-state")
        before = state.inner_text()
        self.page.click(f"#move-{move}")
        for name, value in fields.items():
            control = self.page.locator(f"dialog[open] [name={name}]")
            control.select_option(value) if name == "conclusion" else control.fill(value)
        self.page.locator("dialog[open] [type=submit]").click()
        expect(self.page.locator("dialog[open]")).to_have_count(0)
        expect(state).not_to_have_text(before)

    def sees(self, step: str) -> None:
        """Nothing sticks out; and a picture, when somebody wants to look."""
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, step
        if folder := os.environ.get("PICTURES"):
            name = f"day-{step}-{self._language}-{width}.png"
            self.page.screenshot(path=str(Path(folder) / name), full_page=True)


@pytest.mark.parametrize(("language", "width"), [("vi", 1920), ("en", 1366), ("vi", 390)])
def test_the_day_of_an_officer(
    language: Language, width: int, tmp_path: Path, context: BrowserContext, mosquitto_server: Server
) -> None:
    page = context.pages[0]
    page.set_viewport_size({"width": width, "height": 844 if width == 390 else 1000})
    with on_duty(tmp_path, mosquitto_server) as duty:
        officer = Officer(page, duty, language)
        officer.logs_in(OFFICER)
        duty.river(29.0)
        expect(page.locator("#rivers")).to_contain_text(level(language, "29.0"))
        duty.river(30.2, 30.6)
        expect(page.locator("#rivers")).to_contain_text(level(language, "30.6"))
        officer.sees("1-overview")
        page.goto(f"{duty.url}/alarms")
        expect(page.locator("tr[data-alarm]")).to_have_count(1)
        duty.river(31.4)
        expect(page.locator("tr[data-alarm]")).to_contain_text(level(language, "31.4"))
        officer.sees("2-alarms")
        page.locator("tr[data-alarm] a").first.click()
        works_the_alarm(officer)
        works_the_incident(officer)
        page.goto(f"{duty.url}/handover")
        officer.waits_until_it_lives()
        page.locator("[name=to]").select_option(LEADER)
        page.locator("[name=note]").fill("Sông Thao còn trên báo động II; phường đã gia cố đê bối")
        page.locator("#handover [type=submit]").click()
        expect(page.locator("#handovers")).to_contain_text(f"{OFFICER} → {LEADER}")
        officer.sees("6-handover")
        officer.waits_until_it_lives()
        page.click("#log-out")
        page.wait_for_url("**/login*")
        officer.logs_in(LEADER)
        page.goto(f"{duty.url}/handover")
        expect(page.locator("#handovers")).to_contain_text("Sông Thao còn trên báo động II")
        page.locator("#handovers a[href^='/incidents/']").click()
        page.wait_for_url("**/incidents/*")
        officer.moves("close")  # whoever worked it does not close it
        expect(page.locator("#incident-state")).to_have_text(officer.says("incident_state.closed"))
        officer.sees("7-closed")


def works_the_alarm(officer: Officer) -> None:
    """Acknowledges it and opens an incident."""
    page = officer.page
    page.wait_for_url("**/alarms/*")
    officer.waits_until_it_lives()
    page.click("#do-acknowledge")
    page.keyboard.type("Đang gọi phường Yên Bái")
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("#do-acknowledge")).to_have_count(0)
    officer.sees("2-alarm")
    page.click("#do-open")
    page.locator("dialog[open] [name=title]").fill("Sông Thao vượt báo động II tại Yên Bái")
    page.locator("dialog[open] [type=submit]").click()
    page.wait_for_url("**/incidents/*")


def works_the_incident(officer: Officer) -> None:
    """Sends it to the commune, sees it escalate, and has it done, with a photo."""
    page = officer.page
    expect(page.locator(".history .chip.is-late")).to_contain_text(officer.says("tier.2"))
    officer.sees("3-escalated")
    officer.moves("receive")
    officer.moves("classify", sector="thiên tai")
    officer.moves("dispatch", assignee="UBND phường Yên Bái")
    expect(page.locator("#incident .facts")).to_contain_text("UBND phường Yên Bái")
    officer.moves("start")
    officer.sees("4-sent")
    officer.waits_until_it_lives()
    page.set_input_files("[name=file]", files=[photo()])  # type: ignore[list-item]
    page.locator("#attach [type=submit]").click()
    expect(page.locator(".files a")).to_have_text("photo.jpg")
    officer.moves("resolve", conclusion="real", comment="Đã gia cố 40 m đê bối, có ảnh")
    officer.moves("check")
    officer.sees("5-with-photo")


def level(language: Language, metres: str) -> str:
    """A level as the page writes it."""
    return metres.replace(".", ",") if language == "vi" else metres
