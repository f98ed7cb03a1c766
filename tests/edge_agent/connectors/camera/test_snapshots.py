"""Pictures kept on the gateway: few, small, soon deleted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge_agent.connectors.camera.config import SnapshotPolicy
from edge_agent.connectors.camera.snapshots import MS_PER_H, SnapshotFolder

NOW = 1_725_926_400_000
FRAME = np.arange(320 * 180, dtype=np.uint32).astype(np.uint8).reshape(180, 320)


def folder_of(path: Path, device: str = "cam-1", **policy: float | str) -> SnapshotFolder:
    return SnapshotFolder(path, device, SnapshotPolicy.model_validate(policy))


def test_a_picture_is_a_jpeg_for_the_owner_only(tmp_path: Path) -> None:
    name = folder_of(tmp_path / "snapshots", purpose="Kiểm tra hình").keep(FRAME, kind="frozen", at_ms=NOW)
    path = tmp_path / "snapshots" / name
    assert name == f"cam-1@{NOW}-frozen.jpg"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("JPEG", (320, 180))
        told = json.loads(picture.info["comment"])
    assert told == {
        "device": "cam-1",
        "reason": "frozen",
        "purpose": "Kiểm tra hình",
        "observed_at": NOW,
        "delete_at": NOW + 72 * MS_PER_H,
    }
    assert [file.name for file in path.parent.iterdir()] == [name]


@pytest.mark.parametrize(("age_h", "kept"), [(0, True), (71.9, True), (72.1, False), (-71.9, True), (-73, False)])
def test_after_72_hours_it_is_gone_even_if_a_clock_was_wrong(tmp_path: Path, age_h: float, kept: bool) -> None:
    folder = folder_of(tmp_path)
    name = folder.keep(FRAME, kind="motion", at_ms=NOW)
    folder.prune(NOW + round(age_h * MS_PER_H))
    assert (tmp_path / name).exists() is kept


def test_the_oldest_go_first_when_room_is_short(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, max_bytes=100_000)
    names = [folder.keep(FRAME, kind="motion", at_ms=NOW + number) for number in range(40)]
    left = sorted(path.name for path in tmp_path.iterdir())
    assert 0 < len(left) < 40
    assert left == names[-len(left) :]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 100_000


def test_pictures_of_other_cameras_and_other_files_stay(tmp_path: Path) -> None:
    other = folder_of(tmp_path, "cam-12").keep(FRAME, kind="motion", at_ms=NOW)
    reference = tmp_path / "cam-1@reference.npz"
    reference.write_bytes(b"x")
    folder_of(tmp_path).prune(NOW + 100 * MS_PER_H)
    assert (tmp_path / other).exists()
    assert reference.exists()
    folder_of(tmp_path / "none").prune(NOW)


@settings(max_examples=20, deadline=None)
@given(device=st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True))
def test_no_device_id_leads_out_of_the_folder(tmp_path_factory: pytest.TempPathFactory, device: str) -> None:
    root = tmp_path_factory.mktemp("snapshots")
    name = folder_of(root / "in", device).keep(FRAME, kind="motion", at_ms=NOW)
    assert [path.name for path in root.iterdir()] == ["in"]
    folder_of(root / "in", device).prune(NOW + 100 * MS_PER_H)
    assert not (root / "in" / name).exists()
