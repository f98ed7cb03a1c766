"""How simulated devices lay out their values."""

from __future__ import annotations

from typing import Any

import pytest

from device_profiles.load import load_catalogue
from device_profiles.sources.http_json import JsonSource
from device_profiles.sources.modbus import ModbusSource
from simulators.encoding import document_of, registers_of, words_of

CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("fields", "value", "words"),
    [
        ({"encoding": "u16", "scale": 0.1}, 230.1, [2301]),
        ({"encoding": "u16"}, 70_000, [65535]),
        ({"encoding": "u16"}, -5, [0]),
        ({"encoding": "s16", "scale": 0.1}, -10.0, [0xFF9C]),
        ({"encoding": "u32", "word_order": "little"}, 65536, [0, 1]),
        ({"encoding": "f32"}, 230.1, [0x4366, 0x199A]),
        ({"encoding": "f32"}, float("nan"), [0x7FC0, 0]),
        ({"encoding": "u16"}, float("nan"), [0]),
        ({"encoding": "bit", "table": "coil"}, True, [1]),
    ],
)
def test_words(fields: dict[str, Any], value: float, words: list[int]) -> None:
    assert words_of(ModbusSource.model_validate({"address": 0, **fields}), value) == words


def test_registers_of_a_cabinet() -> None:
    registers = registers_of(CATALOGUE["street_light_cabinet"], {"u1_v": 229.4, "contactor": True, "mode": 2})
    assert registers["input", 0] == 2294
    assert registers["discrete", 0] == 1
    assert registers["holding", 0] == 2
    assert registers["input", 6] == 0


def test_a_document_is_nested_as_the_paths_say() -> None:
    air = CATALOGUE["air_node"]
    nested = air.points[0].model_copy(update={"source": JsonSource(path="dust.fine", scale=0.1)})
    plain = air.points[1].model_copy(update={"source": JsonSource(path="dust.coarse")})
    profile = air.model_copy(update={"points": (nested, plain)})
    assert document_of(profile, {nested.key: 12.5, "other": 1}) == {"dust": {"fine": 125.0}}
