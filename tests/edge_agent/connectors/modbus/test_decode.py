"""Registers to numbers: golden cases from data sheets, and the round trip through a simulated device's encoding."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.sources.modbus import ModbusSource
from edge_agent.connectors.modbus.decode import decode
from simulators.encoding import words_of


def source(**fields: Any) -> ModbusSource:
    return ModbusSource.model_validate({"address": 0, **fields})


@pytest.mark.parametrize(
    ("fields", "words", "expected"),
    [
        ({"encoding": "u16"}, [65535], 65535),
        ({"encoding": "s16"}, [0xFFFF], -1),
        ({"encoding": "s16", "scale": 0.1}, [0xFF9C], -10.0),
        ({"encoding": "u16", "scale": 0.1}, [2301], 230.1),
        ({"encoding": "u16", "scale": 0.1, "offset": -40.0}, [655], 25.5),
        ({"encoding": "u16", "scale": 0.01}, [3], 0.03),
        ({"encoding": "u32"}, [0x0001, 0x0000], 65536),
        ({"encoding": "u32", "word_order": "little"}, [0x0000, 0x0001], 65536),
        ({"encoding": "s32"}, [0xFFFF, 0xFFFE], -2),
        ({"encoding": "u64"}, [0, 0, 1, 0], 65536),
        ({"encoding": "u64", "word_order": "little"}, [0, 1, 0, 0], 65536),
        ({"encoding": "f32"}, [0x4366, 0x199A], 230.1),  # SDM630: 43 66 19 9A
        ({"encoding": "f32", "word_order": "little"}, [0x199A, 0x4366], 230.1),
        ({"encoding": "f32"}, [0x4248, 0x0000], 50.0),
        ({"encoding": "f32"}, [0x8000, 0x0000], -0.0),
        ({"encoding": "f32"}, [0x7F7F, 0xFFFF], 3.4028235e38),
        ({"encoding": "f64"}, [0x4059, 0, 0, 0], 100.0),
        ({"encoding": "bit", "table": "coil"}, [1], True),
        ({"encoding": "bit", "table": "discrete"}, [False], False),
    ],
)
def test_golden(fields: dict[str, Any], words: list[int], expected: float) -> None:
    value = decode(source(**fields), words)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize("words", [[0x7FC0, 0], [0x7F80, 0], [0xFF80, 0], [0xFFFF, 0xFFFF]])
def test_no_number_stays_no_number(words: list[int]) -> None:
    assert not math.isfinite(decode(source(encoding="f32"), words))


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.sampled_from(["big", "little"]))
def test_f32_comes_back_exactly(value: float, word_order: str) -> None:
    layout = source(encoding="f32", word_order=word_order)
    assert words_of(layout, decode(layout, words_of(layout, value))) == words_of(layout, value)


@given(st.sampled_from(["u16", "s16", "u32", "s32", "u64"]), st.sampled_from(["big", "little"]), st.data())
def test_integers_come_back(encoding: str, word_order: str, data: st.DataObject) -> None:
    bits = int(encoding[1:])
    low, high = (0, 2**bits - 1) if encoding[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    value = data.draw(st.integers(low, min(high, 2**53)))
    layout = source(encoding=encoding, word_order=word_order)
    assert decode(layout, words_of(layout, value)) == value
