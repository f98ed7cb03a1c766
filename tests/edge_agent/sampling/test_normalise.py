"""Types, numbers and ranges: what fits becomes a good reading, all else says why not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.schema import Limits, PointType
from edge_agent.connector import Sample, Scalar
from edge_agent.sampling.normalise import normalise
from tests.edge_agent.samples import point

NOW = 1_725_926_400_000
CASES: list[tuple[PointType, Scalar | None, Scalar | None, str]] = [
    (PointType.FLOAT, 1.5, 1.5, ""),
    (PointType.FLOAT, 3, 3.0, ""),
    (PointType.FLOAT, -0.0, -0.0, ""),
    (PointType.FLOAT, 1e308, 1e308, ""),
    (PointType.FLOAT, math.nan, None, "bad:not_a_number"),
    (PointType.FLOAT, math.inf, None, "bad:not_a_number"),
    (PointType.FLOAT, 10**400, None, "bad:range"),
    (PointType.FLOAT, "12,5", None, "bad:type"),
    (PointType.FLOAT, "", None, "bad:type"),
    (PointType.FLOAT, True, None, "bad:type"),
    (PointType.FLOAT, None, None, "bad:missing"),
    (PointType.INT, 7, 7, ""),
    (PointType.INT, 7.0, 7, ""),
    (PointType.INT, 7.5, None, "bad:type"),
    (PointType.INT, math.nan, None, "bad:not_a_number"),
    (PointType.INT, 2**63, None, "bad:range"),
    (PointType.INT, False, None, "bad:type"),
    (PointType.INT, "7", None, "bad:type"),
    (PointType.BOOL, True, True, ""),
    (PointType.BOOL, 0, False, ""),
    (PointType.BOOL, 1.0, True, ""),
    (PointType.BOOL, 2, None, "bad:type"),
    (PointType.BOOL, "true", None, "bad:type"),
    (PointType.ENUM, 1, 1, ""),
    (PointType.ENUM, "1", 1, ""),
    (PointType.ENUM, "one", None, "bad:type"),
    (PointType.ENUM, 9, None, "bad:range"),
    (PointType.ENUM, 0.5, None, "bad:type"),
    (PointType.STRING, "Ye\u0302n Ba\u0301i", "Yên Bái", ""),
    (PointType.STRING, 5, None, "bad:type"),
    (PointType.STRING, "a\x00b", None, "bad:type"),
    (PointType.STRING, "x" * 300, None, "bad:type"),
]


@pytest.mark.parametrize(("kind", "raw", "value", "quality"), CASES)
def test_a_sample_becomes_a_reading_or_says_why_not(
    kind: PointType, raw: Scalar | None, value: Scalar | None, quality: str
) -> None:
    reading = normalise(Sample("d", "p", raw), point(type=kind), observed_at=NOW)
    assert (reading.value, reading.quality) == (value, quality)
    assert type(reading.value) is type(value)


@pytest.mark.parametrize(("raw", "quality"), [(-0.1, "bad:range"), (0, ""), (30.0, ""), (30.01, "bad:range")])
def test_the_range_is_a_closed_interval(raw: float, quality: str) -> None:
    limits = Limits(minimum=0, maximum=30)
    assert normalise(Sample("d", "p", raw), point(limits=limits), observed_at=NOW).quality == quality


def test_a_switch_has_no_range() -> None:
    limits = Limits(minimum=5)
    assert normalise(Sample("d", "p", True), point(type=PointType.BOOL, limits=limits), observed_at=NOW).value is True


def test_a_fault_of_the_connector_becomes_the_reason() -> None:
    reading = normalise(Sample("d", "p", None, fault="exception_02"), point(), observed_at=NOW)
    assert (reading.value, reading.quality) == (None, "bad:exception_02")


@given(
    st.sampled_from(PointType),
    st.one_of(st.integers(), st.floats(), st.booleans(), st.text(), st.none()),
    st.text(max_size=80),
)
def test_whatever_comes_the_reading_can_travel(kind: PointType, raw: Scalar | None, fault: str) -> None:
    from device_profiles.wire import Batch, decode_batch, encode
    from edge_agent.sampling.columns import to_block
    from edge_agent.sampling.sieve import Row

    reading = normalise(Sample("d", "p", raw, fault=fault), point(type=kind), observed_at=NOW)
    assert (reading.value is None) == reading.quality.startswith("bad:")
    block = to_block("d", "river_gauge_radar", [Row(NOW, (reading,))])
    batch = Batch(v=1, epoch="0" * 16, sequence=1, base=0, devices=[block])
    assert decode_batch(encode(batch)) == batch
