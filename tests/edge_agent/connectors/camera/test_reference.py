"""The reference on disk."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from edge_agent.connectors.camera.reference import ReferenceFile
from edge_agent.vision.sight import Reference

REFERENCE = Reference(
    np.full((45, 80), 0.5 + 0.25j, dtype=np.complex64), 0.75, np.full((11, 20), 30.0, dtype=np.float32), 120.0
)


def test_it_is_the_same_after_a_restart(tmp_path: Path) -> None:
    assert ReferenceFile(tmp_path / "new", "cam-1").load((45, 80)) is None
    ReferenceFile(tmp_path / "new", "cam-1").save(REFERENCE)
    loaded = ReferenceFile(tmp_path / "new", "cam-1").load((45, 80))
    assert loaded is not None
    assert np.array_equal(loaded.directions, REFERENCE.directions)
    assert (loaded.sharpness, loaded.light) == (REFERENCE.sharpness, REFERENCE.light)
    assert loaded.structure is not None
    assert np.array_equal(loaded.structure, np.full((11, 20), 30.0))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["cam-1@reference.npz"]


def test_a_file_of_an_older_version_keeps_its_aim(tmp_path: Path) -> None:
    with (tmp_path / "cam-1@reference.npz").open("wb") as file:
        np.savez(file, directions=REFERENCE.directions, sharpness=np.float64(0.5))
    loaded = ReferenceFile(tmp_path, "cam-1").load((45, 80))
    assert loaded is not None
    assert (loaded.sharpness, loaded.structure, loaded.light) == (0.5, None, 0.0)


def test_another_picture_size_learns_anew(tmp_path: Path) -> None:
    ReferenceFile(tmp_path, "cam-1").save(REFERENCE)
    assert ReferenceFile(tmp_path, "cam-1").load((90, 160)) is None


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut off"])
def test_a_broken_file_is_told_and_learns_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cam-1@reference.npz").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert ReferenceFile(tmp_path, "cam-1").load((45, 80)) is None
    assert "unreadable" in caplog.text
