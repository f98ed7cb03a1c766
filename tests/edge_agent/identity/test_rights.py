"""Somebody who may not read the gateway's files is told so in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_agent.identity.errors import IdentityError
from tests.edge_agent.identity.box import Boxed
from tests.edge_agent.identity.stand import CODE


def test_without_the_right_to_read_it_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    boxed = Boxed(folder, centre="https://centre.example")
    boxed.joiner.queue(CODE)
    folder.chmod(0o000)
    nobody = os.geteuid() == 0
    if nobody:
        os.seteuid(65534)
    try:
        assert boxed.keeper.standing().state == "damaged"
        assert boxed.keeper.standing().fault.code == "disk"  # type: ignore[union-attr]
        with pytest.raises(IdentityError, match="Permission denied"):
            boxed.joiner.queue(CODE)
    finally:
        if nobody:
            os.seteuid(0)
        folder.chmod(0o700)
