"""Starts the system's Chromium, headless and quiet, with a fresh profile."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, CDPSession, Page, expect, sync_playwright

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--disable-default-apps",
)  # fmt: skip
PATIENCE_MS = 20_000  # the machine may do other things too
MENDING = "Chromium is missing. Install it: apt-get install chromium"


def chromium_path() -> str:
    """Where Chromium lies; RuntimeError with the mending sentence when it does not."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError(MENDING)
    return found


def add_authenticator(page: Page, *, verified: bool = True) -> tuple[CDPSession, str]:
    """Gives the page a device for passkeys that agrees at once; the session to ask it with, and its id.

    `verified`: whether it knows its person. Source: Chrome DevTools Protocol, domain WebAuthn.
    """
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    kind = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": verified, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return session, str(session.send("WebAuthn.addVirtualAuthenticator", {"options": kind})["authenticatorId"])


@contextmanager
def browser(profile: Path, *, width: int = 1440, height: int = 900) -> Iterator[BrowserContext]:
    """A browser window of this size."""
    path = chromium_path()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=path,
            headless=True,
            args=list(ARGUMENTS),
            viewport={"width": width, "height": height},
            timezone_id="Europe/Berlin",  # the pages must show Vietnam's time wherever the browser stands
            locale="de-DE",
        )
        try:
            yield context
        finally:
            context.close()
