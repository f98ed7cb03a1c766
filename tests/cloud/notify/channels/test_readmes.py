"""The README of each channel names every key that its configuration may have."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from cloud.notify import channels
from cloud.notify.registry import ChannelConfig
from device_profiles.schema import Text

ROOMS = Path(str(channels.__file__)).parent
CONFIGS = get_args(get_args(ChannelConfig)[0])


def parts_of(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The model and the models inside it."""
    found = {model}
    for field in model.model_fields.values():
        pending = [field.annotation]
        while pending:
            kind = pending.pop()
            pending.extend(get_args(kind))
            if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
                found |= parts_of(kind)
    return found


@pytest.mark.parametrize("config", CONFIGS)
def test_every_key_is_described_and_in_the_readme(config: type[BaseModel]) -> None:
    (room,) = get_args(config.model_fields["kind"].annotation)
    text = (ROOMS / room / "README.md").read_text(encoding="utf-8")
    for model in parts_of(config) - {Text}:
        for key, field in model.model_fields.items():
            assert f"`{key}`" in text, f"{model.__name__}.{key}"
            assert key == "kind" or field.description, f"{model.__name__}.{key}"


def test_every_room_is_a_kind_of_channel() -> None:
    kinds = {get_args(config.model_fields["kind"].annotation)[0] for config in CONFIGS}
    assert kinds == {room.name for room in ROOMS.iterdir() if (room / "config.py").exists()}


@pytest.mark.parametrize("config", CONFIGS)
def test_the_example_can_be_copied(config: type[BaseModel]) -> None:
    (room,) = get_args(config.model_fields["kind"].annotation)
    text = (ROOMS / room / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (channel,) = tomllib.loads(example)["notify"]["channels"]
    assert config.model_validate(channel).model_dump()["kind"] == room
