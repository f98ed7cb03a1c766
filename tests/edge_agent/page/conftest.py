"""The page of a box, for every test of this room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.edge_agent.page.rig import Rig, page_rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A box whose page nobody has opened yet."""
    async with page_rig(tmp_path) as rig:
        yield rig


@pytest.fixture
async def inside(rig: Rig) -> Rig:
    """The same with the code shown."""
    await rig.enter()
    return rig
