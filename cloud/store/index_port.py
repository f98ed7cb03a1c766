"""The port of the log of hours of devices whose indices must be worked out (anew)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cloud.store.rows import DirtyRow


class IndexLog(Protocol):
    """Rows come in with the commit of the readings that they speak of (`Commit.indices`)."""

    def due(self, *, now: int, devices: int) -> Sequence[DirtyRow]:
        """Every hour that is due of so many devices, those first that have waited longest."""

    def done(self, rows: Sequence[DirtyRow]) -> None:
        """Forgets these rows, but for those that were marked again since."""

    def put(self, rows: Sequence[DirtyRow]) -> None:
        """Marks hours by hand, for instance of the time before an index was there."""
