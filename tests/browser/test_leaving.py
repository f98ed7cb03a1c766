"""In a real browser: in with the province's account, out here and at its log-in server, and back to the log-in page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cloud.sso.client import SsoClient
from cloud.sso.office import SsoOffice
from cloud.web.words import LANGUAGES, Language, word
from device_profiles.clock import SystemClock
from tests.browser.centre import running_centre
from tests.browser.chromium import browser
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.sso.test_sso import configured, log_in_server
from tests.servers import free_port

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", LANGUAGES)
def test_log_out_ends_both_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    """No header of ours may keep the browser from going there."""
    monkeypatch.setenv("USER_OF_SSO", "s3cret")
    clock = SystemClock()
    with (
        log_in_server(free_port()) as issuer,
        running_centre(tmp_path) as running,
        browser(tmp_path / "profile") as context,
    ):

        def join(centre: FakeCentre) -> None:
            office = SsoOffice(SsoClient(configured(issuer), clock), centre.state, clock.now_ms)
            centre.settings = replace(centre.settings, sso=office)

        running.call(join)
        page = context.pages[0]
        page.goto(f"{running.url}/preferences?language={language}&back=/login")
        page.click("a[href^='/login/sso']")
        page.click("button[name=sub][value='1']")
        page.wait_for_url(f"{running.url}/")
        expect(page.locator(".who")).to_contain_text("an.nguyen")
        page.click("#log-out")
        page.wait_for_url(f"{issuer}/oauth2/end_session?*")
        page.get_by_role("button", name="End session").click()
        page.wait_for_url(f"{running.url}/login/sso/left?*")
        expect(page.locator("[role=status]").first).to_have_text(word(language, "sso.left"))
        page.goto(f"{running.url}/alarms")
        page.wait_for_url(f"{running.url}/login?back=/alarms")
