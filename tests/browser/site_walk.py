"""Finds an address for every page: the pages come from the policy table, the addresses from their links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

import httpx

from cloud.access.policy import POLICY

NO_PAGES: Final = (
    "/api/",
    "/.well-known/",
    "/healthz",
    "/metrics",
    "/preferences",
    "/static/",
    "/feeds/",
    "/login/sso",
)
MOST_LOOKED_AT: Final = 120  # a list of devices goes on for ever


def pages_of_policy() -> list[str]:
    """Every page, as its route is written."""
    return [path for method, path in POLICY if method == "GET" and not path.startswith(NO_PAGES)]


def addresses(client: httpx.Client, first: Mapping[str, str]) -> dict[str, str]:
    """An address per page: `first` where nothing links to it, else the first link that was found."""
    routes = {template: _pattern(template) for template in pages_of_policy()}
    found = dict(first)
    found |= {template: template for template in routes if "{" not in template and template not in found}
    waiting = list(found.values())
    for path in waiting[:MOST_LOOKED_AT]:
        answer = client.get(path)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        for link in _links(answer.text):
            for template, pattern in routes.items():
                if template not in found and "{" in template and pattern.fullmatch(urlsplit(link).path):
                    found[template] = link
                    waiting.append(link)
    return found


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value and value.startswith("/")]


def _links(text: str) -> Iterable[str]:
    parser = _Links()
    parser.feed(text)
    return parser.found
