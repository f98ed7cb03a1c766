"""The folder of configurations: a kill at any step leaves what was good before or what came after, and its secrets."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.receiving import label_of
from edge_agent.configuring.store import ConfigurationStore, Kept
from edge_agent.configuring.versions import FILE, Label, Trial, Versions, confirm, propose
from tests.edge_agent.configuring.rig import configuration


class Killed(BaseException):
    """The power goes."""


class Disk:
    """Lets so many steps of the disk happen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10_000
        for name in ("fsync", "replace", "unlink"):
            monkeypatch.setattr(os, name, self._step(getattr(os, name)))

    def _step(self, real):  # type: ignore[no-untyped-def]
        def step(*arguments, **more):  # type: ignore[no-untyped-def]
            if self.left <= 0:
                raise Killed
            self.left -= 1
            return real(*arguments, **more)

        return step


def arrived(version: int) -> tuple[Label, Kept, dict[str, bytes]]:
    wanted = configuration("gw-1", version, broker={"url": f"mqtt://b{version}", "password_file": "sealed:broker"})
    return label_of(wanted), Kept(wanted), {"broker": f"secret {version}".encode()}


def become(store: ConfigurationStore, versions: Versions, version: int) -> Versions:
    label, kept, opened = arrived(version)
    store.keep(label, kept, opened)
    versions = propose(versions, Trial(label, within_s=9))
    store.write(versions)
    versions = confirm(versions)
    store.write(versions)
    return versions


def test_a_kill_at_any_step_leaves_something_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, steps, killed = Disk(monkeypatch), 0, True
    while killed:
        folder = tmp_path / str(steps)
        disk.left = 10_000
        first = become(ConfigurationStore(folder), Versions(), 1)
        disk.left, killed = steps, False
        try:
            become(ConfigurationStore(folder), first, 2)
        except Killed:
            killed = True
        disk.left = 10_000
        store = ConfigurationStore(folder)
        found = store.versions()
        assert not store.damaged
        assert found.good.version in (1, 2)
        for label in (found.good, found.runs):
            kept = store.kept(label)
            assert kept is not None
            secret = Path(store.secret_files(kept)["broker"])
            assert secret.read_bytes() == f"secret {label.version}".encode()
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        steps += 1
    assert steps > 12
    assert found.good.version == 2


def test_what_is_no_longer_needed_is_forgotten_with_its_secrets(tmp_path: Path) -> None:
    store, versions = ConfigurationStore(tmp_path), Versions()
    for version in range(1, 5):
        versions = become(store, versions, version)
    assert versions.former is not None
    assert versions.former.version == 3
    folder = tmp_path / "configuration"
    assert len(list((folder / "versions").iterdir())) == len(list((folder / "secrets").iterdir())) == 2


def test_damaged_files_are_told_and_never_believed(tmp_path: Path) -> None:
    store = ConfigurationStore(tmp_path)
    versions = become(store, Versions(), 1)
    (tmp_path / "configuration" / "versions" / f"{versions.good.key}.json").write_text("{")
    with pytest.raises(ConfigurationError, match="damaged"):
        store.kept(versions.good)
    (tmp_path / "configuration" / "state.json").write_text("{")
    assert store.versions() == Versions()
    assert store.damaged
    assert store.kept(FILE) is None
    assert (tmp_path / "configuration" / "state.damaged").exists()


def test_the_last_good_file_is_kept_once(tmp_path: Path) -> None:
    store = ConfigurationStore(tmp_path)
    store.keep_file({"gateway": {"id": "gw-1"}}, tmp_path)
    written = (tmp_path / "configuration" / "file.json").stat().st_mtime_ns
    store.keep_file({"gateway": {"id": "gw-1"}}, tmp_path)
    assert (tmp_path / "configuration" / "file.json").stat().st_mtime_ns == written
    kept = store.file()
    assert kept is not None
    assert kept.table == {"gateway": {"id": "gw-1"}}


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    label, kept, _ = arrived(1)
    with pytest.raises(ConfigurationError, match="cannot be the name"):
        ConfigurationStore(tmp_path).keep(label, kept, {"../../x": b"secret"})
