"""A centre goes on where its backup was taken: same alarms, incidents, users, rules, keys; and its ledger goes on."""

from __future__ import annotations

import asyncio
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from cloud.access.passkeys import PasskeyRow
from cloud.app import Centre
from cloud.config import load_config
from cloud.ingest.ledger import Ledger
from cloud.settings import read_settings
from cloud.store.base import SeriesKey, UserRow
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from cloud.stores import open_copy
from tests.cloud.stage import DEVICE, GATEWAY, PROFILE, RULE, running, scripted, write_config
from tests.servers import Server
from tests.waiting import eventually

runner = CliRunner()
Dump = dict[str, list[bytes]]


def said(*words: str | Path) -> Result:
    return runner.invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


def dump(config: Path) -> Dump:
    """Every row of every table."""
    tables: Dump = {}

    def take(name: str, lines: Iterator[bytes]) -> None:
        tables[name] = sorted(lines)

    copy = open_copy(load_config(config))
    copy.read(take)
    copy.close()
    return tables


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("một câu rất dài, không ai đoán được\n", encoding="utf-8")
    return path


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    """The configuration of a centre that has kept something, without a broker."""
    folder = tmp_path / "one"
    folder.mkdir()
    config = write_config(folder, "mqtt://127.0.0.1:1")
    assert said("keys", "--config", config).exit_code == 0
    state = SqlStateStore(f"sqlite:///{folder / 'data' / 'centre.sqlite3'}")
    state.migrate()
    state.put_user(UserRow("lan", "operator", "$argon2id$...", 1))
    state.passkeys.add(PasskeyRow("Y3JlZA", "lan", "a2V5", counter=7, name="Điện thoại", created_at=1, used_at=2))
    state.close()
    (folder / "data" / "attachments").mkdir()
    (folder / "data" / "attachments" / "photo.jpg").write_bytes(b"\xff\xd8" + bytes(5000))
    (folder / "broker_password").write_text("hidden")
    return config


async def test_an_empty_machine_becomes_the_centre_and_the_ledger_goes_on(
    tmp_path: Path, passphrase: Path, mosquitto_server: Server
) -> None:
    one, two, archive = tmp_path / "one", tmp_path / "two", tmp_path / "centre.tar"
    one.mkdir()
    config = write_config(one, f"mqtt://127.0.0.1:{mosquitto_server.port}")
    grave = RULE.replace('id = "river_high"', 'id = "river_grave"\nincident = true').replace(
        "severity = 3", "severity = 1"
    )
    (one / "rules" / "river_grave.toml").write_text(grave, encoding="utf-8")
    said("keys", "--config", config)
    async with scripted(mosquitto_server) as gateway:
        async with running(Centre(read_settings(config))) as running_centre:
            await gateway.be_born()
            for value in (29.0, 31.0, 31.5):
                await gateway.measure(value)
            await gateway.until_settled(1, 2, 3)
            await eventually(lambda: dump(config)["incident"])
            running_centre.state.put_user(UserRow("lan", "operator", "$argon2id$...", 1))
            taken = await asyncio.to_thread(
                said, "backup", "--config", config, "--to", archive, "--passphrase-file", passphrase
            )
            assert taken.exit_code == 0, taken.output
        before = dump(config)
        shutil.rmtree(one)
        back = said("restore", archive, "--config", two / "centre.toml", "--passphrase-file", passphrase)
        assert back.exit_code == 0, back.output
        config = two / "centre.toml"
        after = dump(config)
        assert {name: rows for name, rows in after.items() if name not in LIVELY} == {
            name: rows for name, rows in before.items() if name not in LIVELY
        }
        assert after["alarm"]
        assert after["incident"]
        async with running(Centre(read_settings(config))) as again:
            await gateway.measure(32.0)
            await gateway.until_settled(4)
            assert again.house.parts.recorder.ledger.terms().stored == 4
    state = SqlStateStore(f"sqlite:///{two / 'data' / 'centre.sqlite3'}")
    terms = Ledger(state.accounts()).terms()
    assert (terms.accepted, terms.stored, terms.awaited) == (4, 4, 0)
    assert len(dump(config)["alarm"]) == len(before["alarm"])
    state.close()
    store = SqliteStore(two / "data" / "readings.sqlite3")
    await store.open()
    assert await store.count(SeriesKey(PROFILE, GATEWAY, DEVICE, "level_m")) == 4
    await store.close()


LIVELY = {"rule_state", "dirty", "index_dirty", "birth", "rolled_since"}  # a running centre writes them on its way down


def test_keys_and_passwords_travel_sealed_only(tmp_path: Path, centre: Path, passphrase: Path) -> None:
    archive = tmp_path / "centre.tar"
    assert "give --passphrase-file" in said("backup", "--config", centre, "--to", archive).output
    assert said("backup", "--config", centre, "--to", archive, "--without-secrets").exit_code == 0
    assert said("backup", "--config", centre, "--to", archive, "--passphrase-file", passphrase).exit_code == 0
    key = (centre.parent / "data" / "command_key").read_bytes()
    assert key not in archive.read_bytes()
    assert b"hidden" not in archive.read_bytes()
    assert archive.stat().st_mode & 0o077 == 0
    two = tmp_path / "two" / "centre.toml"
    assert "give --passphrase-file" in said("restore", archive, "--config", two).output
    passphrase.write_text("a wrong one, as long")
    assert "do not open" in said("restore", archive, "--config", two, "--passphrase-file", passphrase).output
    passphrase.write_text("một câu rất dài, không ai đoán được")
    assert said("restore", archive, "--config", two, "--passphrase-file", passphrase).exit_code == 0
    assert (two.parent / "data" / "command_key").read_bytes() == key
    assert (two.parent / "broker_password").read_text() == "hidden"
    photo = "data/attachments/photo.jpg"
    assert (two.parent / photo).read_bytes() == (centre.parent / photo).read_bytes()


def test_nothing_is_written_over_what_is_there(tmp_path: Path, centre: Path) -> None:
    archive = tmp_path / "centre.tar"
    said("backup", "--config", centre, "--to", archive, "--without-secrets")
    before = dump(centre)
    done = said("restore", archive, "--config", centre)
    assert done.exit_code == 1
    assert "is not empty" in done.output
    assert dump(centre) == before
    assert (
        "choose a place outside it"
        in said("backup", "--config", centre, "--to", centre.parent / "b.tar", "--without-secrets").output
    )


@pytest.mark.parametrize("blow", ["cut", "flipped", "foreign", "no tar"])
def test_a_damaged_archive_is_refused_before_anything_is_written(tmp_path: Path, centre: Path, blow: str) -> None:
    archive, two = tmp_path / "centre.tar", tmp_path / "two" / "centre.toml"
    said("backup", "--config", centre, "--to", archive, "--without-secrets")
    content = bytearray(archive.read_bytes())
    if blow == "cut":
        content = content[: len(content) // 2]
    elif blow == "flipped":
        content[content.index(b"\xff\xd8") + 100] ^= 1
    elif blow == "no tar":
        content = bytearray(b"not an archive")
    archive.write_bytes(content)
    if blow == "foreign":
        with tarfile.open(archive, "w") as other:
            other.addfile(tarfile.TarInfo("../etc/passwd"), io.BytesIO())
    done = said("restore", archive, "--config", two)
    assert done.exit_code == 1, done.output
    assert not two.parent.exists()
