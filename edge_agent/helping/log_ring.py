"""Keeps the newest lines of the log in memory, without secrets, for whoever helps from far away."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection

from edge_agent.helping.redact import redacted
from edge_agent.logs import PlainLine

KEPT_LINES = 1_000
LONGEST_LINE = 1_000


class LogRing(logging.Handler):
    """A handler of the root logger. `secrets` names what must never leave, whatever form it has."""

    def __init__(self, secrets: Callable[[], Collection[str]] = tuple) -> None:
        super().__init__()
        self._secrets = secrets
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.setFormatter(PlainLine())

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one line."""
        self._lines.append(self.format(record)[: 4 * LONGEST_LINE])  # cut for good only without its secrets

    def tail(self, lines: int, *, contains: str = "") -> list[str]:
        """The newest lines with this word, oldest first; secrets are taken out when somebody asks."""
        wanted = contains.casefold()
        known = self._secrets()
        found = [redacted(line, known)[:LONGEST_LINE] for line in self._lines]
        return [line for line in found if wanted in line.casefold()][-lines:]


def log_ring(secrets: Callable[[], Collection[str]]) -> LogRing:
    """The ring of this program: an agent that is started anew in the same process takes the place of the former."""
    root = logging.getLogger()
    for former in [each for each in root.handlers if isinstance(each, LogRing)]:
        root.removeHandler(former)
    ring = LogRing(secrets)
    root.addHandler(ring)
    return ring
