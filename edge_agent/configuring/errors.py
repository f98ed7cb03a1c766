"""What may be wrong with a configuration that somebody sends, or with where they are kept."""

from __future__ import annotations

from edge_agent.connector import EdgeError


class ConfigurationError(EdgeError):
    """The configuration cannot be taken; nothing was changed. `reason` is a short countable word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
