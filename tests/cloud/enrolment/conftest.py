"""A bench for every test of this room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cloud.enrolment.bench import Bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Enrolment, open."""
    made = Bench(tmp_path)
    await made.all.open()
    yield made
    made.state.close()
