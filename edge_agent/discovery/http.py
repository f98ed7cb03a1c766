"""HTTP devices: documents of our JSON models and kiosks, and whatever else shows a page. GET only, no redirects."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from device_profiles.load import Catalogue
from edge_agent.connector import LinkError
from edge_agent.discovery.finding import Finding, News, Progress, Scope
from edge_agent.discovery.fitting import Fit, evidence_of, fit, suggested
from edge_agent.discovery.networks import hosts_of
from edge_agent.discovery.snmp import plain
from edge_agent.discovery.sweep import Pace, is_open, sweep
from edge_agent.http_exchange import LOCKED_OUT, Answer, HttpExchange, HttpTerms
from edge_agent.json_document import DocumentError, Json, parse, samples

AT_ONCE = 8
MAX_BYTES = 65_536
PATHS = ("/status", "/data", "/")  # where kiosks and the loggers of our catalogue answer, then anybody
KIOSK_PATH = "/status"
TITLE = re.compile(rb"<title[^>]*>(.{0,400}?)</title>", re.IGNORECASE | re.DOTALL)
KIND: Final = "http"


class HttpRoom:
    """Knocks, asks a few known paths, and holds documents against the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._profiles = tuple(each for each in catalogue.profiles.values() if each.protocol in ("http_json", "kiosk"))

    async def __call__(self, scope: Scope) -> AsyncGenerator[News, None]:
        """At most one finding for each host and port."""
        pace = Pace(scope.probes_per_s)
        doors = [(host, port) for host in hosts_of(scope.networks) for port in scope.http_ports]
        asked = [door for door in doors if f"{door[0]}:{door[1]}" not in scope.busy]

        async def look(door: tuple[str, int]) -> Finding | None:
            await pace.turn()
            if not await is_open(*door, timeout_s=scope.timeout_s):
                return None
            return await self._at(f"http://{door[0]}:{door[1]}", scope)

        done = len(doors) - len(asked)
        async with aclosing(sweep(asked, look, at_once=AT_ONCE)) as looks:
            async for _, finding in looks:
                done += 1
                if finding:
                    yield finding
                yield Progress(KIND, done, len(doors))

    async def _at(self, base: str, scope: Scope) -> Finding | None:
        exchange = HttpExchange(HttpTerms(timeout_s=max(2.0, scope.timeout_s), max_bytes=MAX_BYTES, key=lambda: None))
        page: Finding | None = None
        try:
            for path in PATHS:
                answer = await exchange.get(base + path)
                device, other = self._device(base, path, answer), _other(base, path, answer)
                if device:
                    return device
                page = page or other
        except LinkError:
            return page
        finally:
            await exchange.close()
        return page

    def _device(self, base: str, path: str, answer: Answer) -> Finding | None:
        document = _document(answer)
        if not isinstance(document, dict):
            return None
        fits = self._fits(document, path)
        if not fits:
            return None
        best = next(each for each in self._profiles if each.profile == fits[0].profile)
        kiosk = best.protocol == "kiosk"
        return Finding(
            KIND,
            base + path,
            best.name.en,
            profiles=tuple(each.profile for each in fits),
            connection={"kind": "kiosk", "url": base} if kiosk else {"kind": "http_json", "url": base + path},
            evidence=evidence_of(fits),
        )

    def _fits(self, document: dict[str, Json], path: str) -> list[Fit]:
        known = [each for each in self._profiles if each.protocol != "kiosk" or path == KIOSK_PATH]
        return list(suggested(fit(each, samples("found", each, document, observed_at=None)) for each in known))


def _document(answer: Answer) -> Json:
    if answer.status != 200:
        return None
    try:
        return parse(answer.body)
    except DocumentError:
        return None


def _other(base: str, path: str, answer: Answer) -> Finding | None:
    """Something that we cannot read, or not without a key: better shown than hidden."""
    if answer.status in LOCKED_OUT:
        connection = {"kind": "http_json", "url": base + path}
        evidence = {"answer": f"HTTP {answer.status}"}
        return Finding(KIND, base + path, "wants a key", (), connection, evidence, ("key_file",))
    title = TITLE.search(answer.body)
    if answer.status == 200 and title:
        name = plain(html.unescape(title[1].decode("utf-8", "replace")))
        return Finding(KIND, base + path, name or "web page", evidence={"title": name} if name else {})
    return None
