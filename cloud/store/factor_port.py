"""The port of second factors."""

from __future__ import annotations

from typing import Protocol

from cloud.access.second_factor import FactorRow


class FactorStore(Protocol):
    """The second factor of each person who has one. Synchronous, as the StateStore is."""

    def put(self, row: FactorRow) -> None:
        """Keeps a new one in place of the former."""

    def factor(self, user: str) -> FactorRow | None:
        """Somebody's."""

    def replace(self, before: FactorRow, after: FactorRow) -> bool:
        """Keeps what a code has made of it; False when another log-in was quicker, and the code counts no more."""

    def drop(self, user: str) -> bool:
        """Forgets it; False when there was none."""
