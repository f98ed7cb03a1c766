"""The JSON Schema of a profile file, for editors: made of the models whenever it is asked for; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel

from device_profiles.schema import DeviceProfile, Source
from device_profiles.units import UNITS

HOLDERS = ("Point", "Write")  # what has a source; in a file its protocol stands once, at the top

Schema = dict[str, Any]


def source_models() -> Mapping[str, type[BaseModel]]:
    """Protocol -> the model of what stands in a point's `source`."""
    union = get_args(Source)[0]
    return {name: model for model in get_args(union) for name in _protocols_of(model)}


def editor_schema() -> Schema:
    """What an editor must know to complete and check a profile file."""
    schema = DeviceProfile.model_json_schema(mode="validation")
    definitions: Schema = schema["$defs"]
    for holder in HOLDERS:
        if "source" in definitions.get(holder, {}).get("properties", {}):
            described = definitions[holder]["properties"]["source"].get("description", "")
            definitions[holder]["properties"]["source"] = {"type": "object", "description": described}
    definitions["Point"]["properties"]["unit"]["enum"] = list(UNITS)
    schema["allOf"] = [_when(protocol, model.__name__) for protocol, model in source_models().items()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Thacba device profile",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def _protocols_of(model: type[BaseModel]) -> tuple[str, ...]:
    return get_args(model.model_fields["protocol"].annotation)


def _when(protocol: str, model: str) -> Schema:
    """With this protocol every point's source is that of its connector."""
    source = {"properties": {"source": {"$ref": f"#/$defs/{model}"}}}
    write = {"properties": {"write": source}}
    return {
        "if": {"properties": {"protocol": {"const": protocol}}},
        "then": {"properties": {"points": {"items": source}, "commands": {"items": write}}},
    }
