"""Releases, made, signed and offered with the real commands; what is wrong with one is said before it is offered."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from cloud.releases.making import ReleaseError, read_signed
from cloud.releases.shelf import Shelf
from device_profiles.wire.releases import read_release, release_key
from tests.cloud.releases.sticks import signed_stick, told, wheels
from tests.edge_agent.updating.wheels import make_wheel


@pytest.fixture
def stick(tmp_path: Path) -> tuple[Path, str]:
    return signed_stick(tmp_path)


def test_what_is_made_says_what_its_wheels_say(stick: tuple[Path, str]) -> None:
    folder, public = stick
    release = read_release(read_signed(folder)[0], release_key(public))
    assert (release.version, release.minimum, release.outbox, release.note_vi) == ("0.2.0", "0.1", 7, "Bản mới")
    assert [file.name for file in release.files] == ["rich-14.0-py3-none-any.whl", "thacba-0.2.0-py3-none-any.whl"]


def test_a_release_key_is_ours_alone_and_never_replaced(tmp_path: Path) -> None:
    key = tmp_path / "release.key"
    told("release", "key", "--key", key)
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    assert "never replaced" in told("release", "key", "--key", key, code=1)
    assert key.read_bytes() == before


def test_a_wheel_that_was_changed_after_it_was_made_is_not_signed(stick: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = stick
    (folder / "rich-14.0-py3-none-any.whl").write_bytes(b"other")
    assert "not what the manifest says" in told("release", "sign", folder, "--key", tmp_path / "release.key", code=1)


@pytest.mark.parametrize(("left_out", "word"), [("thacba", "0 wheels"), ("outbox", "not a wheel of the gateway")])
def test_wheels_that_are_no_release(tmp_path: Path, left_out: str, word: str) -> None:
    if left_out == "outbox":
        make_wheel(tmp_path, "thacba", "0.2.0", {})
    assert word in told("release", "make", tmp_path, "--minimum", "0.1", code=1)


def test_the_shelf_offers_whole_releases_newest_first(stick: tuple[Path, str], tmp_path: Path) -> None:
    folder, public = stick
    shelf = Shelf(tmp_path / "shelf")
    assert shelf.offers() == []
    shelf.add(folder, key_text=public)
    newer = wheels(tmp_path / "newer", "0.10.0")
    told("release", "make", newer, "--minimum", "0.2")
    told("release", "sign", newer, "--key", tmp_path / "release.key")
    shelf.add(newer)
    (tmp_path / "shelf" / ".0.11.0.part").mkdir()
    (tmp_path / "shelf" / "rubbish").mkdir()
    assert [offer.version for offer in shelf.offers()] == ["0.10.0", "0.2.0"]
    assert shelf.file("0.2.0", "../0.10.0/release.json") is None
    assert shelf.manifest("../shelf/0.2.0") is None
    with pytest.raises(ReleaseError, match="there already"):
        shelf.add(newer)


def test_a_release_of_another_key_is_not_offered(stick: tuple[Path, str], tmp_path: Path) -> None:
    stranger = base64.b64encode(bytes(32)).decode()
    with pytest.raises(ReleaseError, match="signature"):
        Shelf(tmp_path / "shelf").add(stick[0], key_text=stranger)


def test_added_and_listed_with_the_configuration_of_the_centre(stick: tuple[Path, str], tmp_path: Path) -> None:
    (tmp_path / "centre.toml").write_text('data_dir = "data"\nsites_dir = "sites"\nrules_dir = "rules"\n')
    told("release", "add", stick[0], "--config", tmp_path / "centre.toml", "--public", stick[1])
    (listed,) = json.loads(told("release", "list", "--config", tmp_path / "centre.toml", "--json"))
    assert (listed["version"], listed["files"], listed["note_vi"]) == ("0.2.0", 2, "Bản mới")
    assert "0.2.0" in told("release", "list", "--config", tmp_path / "centre.toml")
