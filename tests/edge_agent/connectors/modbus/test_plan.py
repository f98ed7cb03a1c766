"""The planner: every point read once, no request longer than allowed, none across tables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.load import load_catalogue
from device_profiles.schema import Point
from device_profiles.sources.modbus import REGISTERS, Encoding
from edge_agent.connectors.modbus.plan import BIT_TABLES, Block, plan, split


def point(key: str, **source: Any) -> Point:
    return Point.model_validate(
        {"key": key, "name": {"vi": key, "en": key}, "source": {"protocol": "modbus", **source}}
    )


def ranges(blocks: tuple[Block, ...]) -> list[tuple[str, int, int]]:
    return [(block.table, block.address, block.count) for block in blocks]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(0, "f32"), (2, "f32"), (4, "u16")], [("input", 0, 5)]),
        ([(0, "u16"), (9, "u16")], [("input", 0, 10)]),  # a gap of 8 is read through
        ([(0, "u16"), (10, "u16")], [("input", 0, 1), ("input", 10, 1)]),
        ([(4, "u16"), (0, "u16")], [("input", 0, 5)]),  # order in the profile does not matter
        ([(0, "u32"), (1, "u16")], [("input", 0, 2)]),  # two views of one register
        ([(0, "f32"), (19, "f32")], [("input", 0, 2), ("input", 19, 2)]),
    ],
)
def test_neighbours_are_read_together(places: list[tuple[int, str]], expected: list[tuple[str, int, int]]) -> None:
    points = [point(f"p{i}", address=address, encoding=encoding) for i, (address, encoding) in enumerate(places)]
    assert ranges(plan(points, max_registers=20, max_gap=8)) == expected


def test_the_meter_of_the_catalogue_needs_few_requests() -> None:
    meter = load_catalogue()["power_meter_sdm630"]
    blocks = plan(meter.points, max_registers=100, max_gap=60)
    assert len(blocks) <= 3  # what is measured, harmonics, energy
    assert len(plan(meter.points, max_registers=100, max_gap=0)) >= len(blocks)


TABLES = {"input": [e for e in Encoding if e is not Encoding.BIT], "coil": [Encoding.BIT]}
TABLES |= {"holding": TABLES["input"], "discrete": TABLES["coil"]}
sources = st.sampled_from(sorted(TABLES)).flatmap(
    lambda table: st.fixed_dictionaries(
        {"table": st.just(table), "address": st.integers(0, 400), "encoding": st.sampled_from(TABLES[table])}
    )
)


@given(st.lists(sources, min_size=1, max_size=30), st.integers(1, 125), st.integers(0, 60))
def test_plan_covers_every_point_once_within_the_limits(
    chosen: list[dict[str, Any]], max_registers: int, max_gap: int
) -> None:
    points = [point(f"p{place}", **source) for place, source in enumerate(chosen)]
    blocks = plan(points, max_registers=max_registers, max_gap=max_gap)
    assert sorted(spot.point for block in blocks for spot in block.spots) == sorted(each.key for each in points)
    for block in blocks:
        factor = 16 if block.table in BIT_TABLES else 1
        widest = max(REGISTERS[spot.source.encoding] for spot in block.spots)
        assert widest <= block.count <= max(max_registers * factor, widest)
        used = {a for s in block.spots for a in range(s.source.address, s.end)}
        assert used <= set(range(block.address, block.address + block.count))
        assert {block.address, block.address + block.count - 1} <= used
        assert all(spot.source.table == block.table for spot in block.spots)
        assert _longest_hole(block, used) <= max_gap * factor


@given(st.lists(sources, min_size=2, max_size=12))
def test_split_loses_no_point(chosen: list[dict[str, Any]]) -> None:
    points = [point(f"p{place}", **source) for place, source in enumerate(chosen)]
    for block in plan(points, max_registers=125, max_gap=60):
        if len(block.spots) > 1:
            first, second = split(block)
            assert first.spots + second.spots == block.spots
            assert first.spots
            assert second.spots


def _longest_hole(block: Block, used: set[int]) -> int:
    longest = hole = 0
    for address in range(block.address, block.address + block.count):
        hole = 0 if address in used else hole + 1
        longest = max(longest, hole)
    return longest
