"""Takes the pictures of the pages that need no log-in: `python -m tests.browser.public_pictures FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser.centre import running_centre
from tests.browser.chromium import browser
from tests.cloud.web.sample_situation import add_situation

PAGES = {"public": "/public", "public-report": "/public/report", "public-survey": "/public/survey/site-pvhcc"}
SIZES = {1366: ("vi", "dark"), 390: ("en", "light"), 391: ("vi", "light"), 1367: ("en", "dark")}


def take_public_pictures(folder: Path) -> None:
    """Each page wide and narrow, dark and light, in both languages."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, running_centre(Path(scratch)) as running:
        running.call(add_situation)
        for width, (language, theme) in SIZES.items():
            with tempfile.TemporaryDirectory() as profile, browser(Path(profile), width=width, height=844) as context:
                page = context.pages[0]
                page.goto(f"{running.url}/preferences?language={language}&theme={theme}&back=/public")
                for name, path in PAGES.items():
                    page.goto(running.url + path)
                    page.screenshot(path=folder / f"{name}-{language}-{theme}-{width}.png", full_page=True)


if __name__ == "__main__":
    take_public_pictures(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
