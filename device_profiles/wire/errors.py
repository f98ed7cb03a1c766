"""What is wrong with a message, in words that the reject log can count."""

from __future__ import annotations


class WireError(ValueError):
    """The message breaks the wire contract; trying again never helps. `reason` is a short countable word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
