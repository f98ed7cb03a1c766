"""What an editor is told about profile files agrees with what the programs take."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from device_profiles.editor_schema import editor_schema, source_models
from device_profiles.load import CATALOGUE

VALIDATOR = Draft202012Validator(editor_schema())
FILES = sorted(Path(CATALOGUE).glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_editor_finds_nothing_wrong_with_the_catalogue(path: Path) -> None:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(table)] == []


def _gauge() -> dict[str, Any]:
    return tomllib.loads((CATALOGUE / "generic_river_gauge_radar.toml").read_text(encoding="utf-8"))


def test_an_editor_marks_what_the_programs_would_refuse() -> None:
    misspelt, stranger, unknown = _gauge(), _gauge(), _gauge()
    misspelt["points"][0]["source"]["adress"] = 1
    stranger["protocol"] = "http_json"
    unknown["points"][0]["unit"] = "metres"
    for table in (misspelt, stranger, unknown):
        assert not VALIDATOR.is_valid(table)


def test_every_protocol_tells_an_editor_its_sources() -> None:
    assert {"modbus", "http_json", "kiosk", "camera"} <= set(source_models())
    Draft202012Validator.check_schema(editor_schema())
