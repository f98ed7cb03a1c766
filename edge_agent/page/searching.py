"""Owns the search for devices that runs behind the page: what was found so far, and how far it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal

from edge_agent.connector import EdgeError
from edge_agent.discovery.finding import Finding, Kind, News, Progress, Scope

log = logging.getLogger(__name__)

Scan = Callable[[Scope], "AsyncIterator[News]"]


@dataclass(slots=True)
class Search:
    """One search. Findings keep their numbers while it lasts, so that a form can name them."""

    state: Literal["never", "running", "done"] = "never"
    findings: list[Finding] = field(default_factory=list)
    progress: dict[Kind, Progress] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        """How much is done of what is known to be there."""
        total = sum(each.total for each in self.progress.values())
        done = sum(min(each.done, each.total) for each in self.progress.values())
        return 100 if self.state == "done" else (99 * done // total if total else 0)


class Searching:
    """One search at a time; `run` is a task of the program."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._wanted: Scope | None = None
        self._asked = asyncio.Event()
        self._stopped = asyncio.Event()
        self.now = Search()

    def begin(self, scope: Scope) -> None:
        """Starts a search; one that runs goes on."""
        if self.now.state != "running":
            self.now = Search("running")
            self._wanted = scope
            self._stopped.clear()
            self._asked.set()

    def stop(self) -> None:
        """Ends the search with what was found."""
        self._stopped.set()

    async def run(self) -> None:
        """Searches whenever it is asked, until it is cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self._search(self._wanted or Scope())
            except (EdgeError, OSError) as error:  # the page outlives every search
                log.warning("search ended early", extra={"error": str(error)})
            finally:
                self.now.state = "done"

    async def _search(self, scope: Scope) -> None:
        async with aclosing(self._scan(scope)) as news:  # type: ignore[type-var]
            async for item in news:
                self._note(item)
                if self._stopped.is_set():
                    return

    def _note(self, item: News) -> None:
        if isinstance(item, Progress):
            self.now.progress[item.kind] = item
            return
        same = [
            place
            for place, each in enumerate(self.now.findings)
            if (each.kind, each.address) == (item.kind, item.address)
        ]
        if same:
            self.now.findings[same[0]] = item
        else:
            self.now.findings.append(item)
