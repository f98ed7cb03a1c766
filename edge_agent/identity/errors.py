"""What may go wrong with an identity; every code has its sentences in `words.py`."""

from __future__ import annotations

from edge_agent.connector import EdgeError


class IdentityError(EdgeError):
    """Base of the room's errors. `code` chooses the sentences that people read; `detail` holds the facts."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class RefusedError(IdentityError):
    """It was said no, or what was brought is wrong: trying again changes nothing, somebody has to do something."""


class AwayError(IdentityError):
    """The centre cannot be reached, or has no time: trying again may help."""


class PapersError(IdentityError):
    """A certificate is not what it should be; the one in force is kept."""
