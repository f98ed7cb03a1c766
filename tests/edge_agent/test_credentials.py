"""Keys come from files and the environment, and never show."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.credentials import CredentialError, Keyed


def test_a_key_from_a_file(tmp_path: Path) -> None:
    place = tmp_path / "key"
    place.write_text("  s3cret\n")
    keyed = Keyed(key_file=place)
    key = keyed.key()
    assert key is not None
    assert key.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(key) + repr(keyed)
    place.write_text("changed")
    assert keyed.key() != key  # read anew, so that it can be changed without a restart


def test_a_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAUGE_KEY", "abc")
    key = Keyed(key_env="GAUGE_KEY").key()
    assert key is not None
    assert key.get_secret_value() == "abc"


def test_no_key_is_named() -> None:
    assert Keyed().key() is None


def test_a_missing_key_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAUGE_KEY", raising=False)
    (tmp_path / "empty").touch()
    for keyed in (Keyed(key_env="GAUGE_KEY"), Keyed(key_file=tmp_path / "none"), Keyed(key_file=tmp_path / "empty")):
        with pytest.raises(CredentialError):
            keyed.key()


def test_two_places_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="not both"):
        Keyed(key_env="A", key_file=Path("b"))
