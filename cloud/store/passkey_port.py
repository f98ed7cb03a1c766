"""The port of passkeys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cloud.access.passkeys import PasskeyRow


class PasskeyStore(Protocol):
    """The passkeys of people. Synchronous, as the StateStore is."""

    def add(self, row: PasskeyRow) -> bool:
        """Keeps a new one; False when the credential is somebody's already."""

    def of(self, user: str) -> Sequence[PasskeyRow]:
        """Somebody's, the oldest first."""

    def replace(self, before: PasskeyRow, after: PasskeyRow) -> bool:
        """Keeps what an answer has made of it; False when it changed meanwhile, and the answer counts no more."""

    def drop(self, user: str, credential: str | None = None) -> int:
        """Forgets one of somebody's, or all of them; how many there were."""
