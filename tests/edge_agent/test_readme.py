"""Each field of the configuration stands in the room's README."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from edge_agent import config

README = (Path(config.__file__).parent / "README.md").read_text(encoding="utf-8")
MODELS = (
    config.GatewayIdentity,
    config.BrokerConfig,
    config.OutboxConfig,
    config.ListenConfig,
    config.CentreConfig,
    config.DeviceConfig,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_field_is_described(model: type[BaseModel]) -> None:
    missing = [name for name in model.model_fields if f"`{name}" not in README]
    assert not missing


def test_the_example_of_the_readme_is_a_good_file() -> None:
    from device_profiles.load import load_catalogue, parse_toml
    from edge_agent.registry import resolve

    example = README.split("```toml")[1].split("```")[0]
    made = parse_toml(example, config.GatewayConfig, file="README.md")
    assert len(resolve(made, load_catalogue(), file="README.md")) == 1
