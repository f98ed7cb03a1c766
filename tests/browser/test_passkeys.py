"""A person registers a passkey in a real browser and logs in with it, in both languages; refusals say why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from cloud.web.words import LANGUAGES, Language, word
from tests.browser.centre import RunningCentre, running_centre
from tests.browser.chromium import add_authenticator, browser
from tests.browser.pictures import log_in
from tests.cloud.api.fake_centre import PASSWORD

pytestmark = pytest.mark.browser
PEOPLE: Final[dict[Language, str]] = {"vi": "operator", "en": "engineer"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    """The sample province behind a real server."""
    with running_centre(tmp_path_factory.mktemp("centre")) as running:
        yield running


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A browser that knows nobody yet."""
    with browser(tmp_path / "profile") as context:
        yield context.pages[0]


def here(running: RunningCentre) -> str:
    """Passkeys need a name; browsers trust this one without https."""
    return running.url.replace("127.0.0.1", "localhost")


def register(page: Page, url: str, language: Language, name: str) -> None:
    page.goto(f"{url}/account")
    page.get_by_role("button", name=word(language, "account.add")).click()
    page.fill("#add-passkey [name=name]", name)
    page.fill("#add-passkey [name=password]", PASSWORD)
    page.locator("#add-passkey [type=submit]").click()


def type_password(page: Page, url: str, user: str) -> None:
    page.goto(f"{url}/login")
    page.fill("[name=user]", user)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_passkey_is_registered_lets_its_person_in_and_is_removed(
    page: Page, running: RunningCentre, language: Language
) -> None:
    url, user = here(running), PEOPLE[language]
    page.goto(f"{url}/preferences?language={language}&back=/login")
    log_in(page, url, user, PASSWORD)
    device, key = add_authenticator(page)
    page.click(".who")
    expect(page.locator("h1")).to_have_text(word(language, "account.title"))
    register(page, url, language, "Điện thoại")
    row = page.locator("#passkeys tbody tr")
    expect(row).to_contain_text("Điện thoại")
    expect(row).to_contain_text(word(language, "account.never"))
    register(page, url, language, "Again")
    expect(page.locator("#add-passkey .mistake")).to_have_text(word(language, "browser.passkey_known"))
    page.keyboard.press("Escape")

    page.click("#log-out")
    page.wait_for_url(f"{url}/login")
    type_password(page, url, user)
    expect(page.locator("#mistake")).to_have_text(word(language, "browser.second_factor_passkey"))
    expect(page.locator("[name=code]")).to_be_hidden()
    answers = page.get_by_role("button", name=word(language, "factor.passkey"))
    expect(answers).to_be_focused()
    device.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    answers.click()
    expect(page.locator("#mistake")).to_have_text(word(language, "browser.passkey_cancelled"))
    device.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    answers.click()  # its first question is used up: the page asks for another one by itself
    page.wait_for_url(f"{url}/")

    page.goto(f"{url}/account")
    expect(row).not_to_contain_text(word(language, "account.never"))
    row.get_by_role("button").click()
    page.fill("#remove-passkey [name=password]", PASSWORD)
    page.locator("#remove-passkey [type=submit]").click()
    expect(page.locator("#passkeys")).to_contain_text(word(language, "account.none"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_there_is_no_passkey_is_said_in_words(page: Page, running: RunningCentre, language: Language) -> None:
    page.goto(f"{running.url}/preferences?language={language}&back=/login")
    log_in(page, running.url, "viewer", PASSWORD)
    page.goto(f"{running.url}/account")  # an address of numbers
    expect(page.locator("#passkeys .mistake")).to_have_text(word(language, "browser.passkey_https"))
    expect(page.locator("[data-open=add-passkey]")).to_have_count(0)
    url = here(running)
    page.goto(f"{url}/preferences?language={language}&back=/login")
    log_in(page, url, "viewer", PASSWORD)
    add_authenticator(page)
    page.add_init_script("delete window.PublicKeyCredential")
    register(page, url, language, "Cũ")
    expect(page.locator("#add-passkey .mistake")).to_have_text(word(language, "browser.passkey_browser"))
