"""What devices write into JSON, and what becomes of it."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.schema import DeviceProfile
from edge_agent.json_document import DocumentError, device_time, known_points, parse, samples


def profile(*points: dict[str, Any]) -> DeviceProfile:
    name = {"vi": "x", "en": "x"}
    whole = [{"key": "k", "name": name, **point} for point in points]
    for point in whole:
        point["source"] = {"protocol": "http_json", **point["source"]}
    return DeviceProfile.model_validate(
        {
            "profile": "p", "name": name, "vendor": "v", "model": "m", "sector": "urban", "protocol": "http_json",
            "period_s": 1, "owner": "o", "source": "s", "points": whole,
        }
    )  # fmt: skip


def sample(document: Any, **point: Any) -> Any:
    """The value, or the fault, of one point read at path a."""
    source = {"path": "a", **point.pop("source", {})}
    (found,) = samples("d", profile({"source": source, **point}), parse(json.dumps(document).encode()), observed_at=7)
    assert (found.device, found.point, found.observed_at) == ("d", "k", 7)
    assert (found.value is None) == bool(found.fault)
    return found.fault or found.value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, 12), (12.5, 12.5), (True, True), ("12.5", 12.5), (" -3 ", -3), ("1e3", 1000.0),
        ("12,5", "not_a_number"), ("", "not_a_number"), ("  ", "not_a_number"), ("12 V", "not_a_number"),
        ("nan", "not_a_number"), ("0x1F", "not_a_number"), ("1_000", "not_a_number"), ("١٢", "not_a_number"),
        ("1e999", "not_a_number"), ("9" * 41, "not_a_number"),
        (None, "missing"), ([1], "type"), ({"b": 1}, "type"),
    ],
)  # fmt: skip
def test_numbers_and_what_is_none(value: Any, expected: Any) -> None:
    assert sample({"a": value}) == expected


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_f45_numbers_that_json_does_not_know(text: str) -> None:
    (found,) = samples("d", profile({"source": {"path": "a"}}), parse(f'{{"a": {text}}}'.encode()), observed_at=None)
    assert found.fault == "not_a_number"


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    [
        ({"a": {"b": [0, {"c": 5}]}}, "a.b.1.c", 5),
        ({"a": {"b": 1}}, "a.x", "missing"),
        ({"a": [1]}, "a.1", "missing"),
        ({"a": [1]}, "a.-1", "missing"),
        ({"a": 1}, "a.b", "missing"),
        ([5], "0", 5),
        ("text", "a", "missing"),
        ({"0": 4}, "0", 4),
    ],
)
def test_paths(document: Any, path: str, expected: Any) -> None:
    assert sample(document, source={"path": path}) == expected


def test_scale_and_offset() -> None:
    assert sample({"a": 231}, source={"scale": 0.1}) == 23.1
    assert sample({"a": "655"}, source={"scale": 0.1, "offset": -40}) == 25.5
    assert sample({"a": True}, source={"scale": 0.1}) is True
    assert sample({"a": 10**400}, source={"scale": 0.1}) == "not_a_number"
    assert sample({"a": 1e308}, source={"scale": 1e10}) == "not_a_number"


def test_texts_stay_texts() -> None:
    assert sample({"a": "12,5"}, type="string") == "12,5"


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1_725_926_400_000, 1_725_926_400_000),
        (1_725_926_400_000.7, 1_725_926_400_000),
        ("2024-09-10T07:00:00+07:00", 1_725_926_400_000),
        ("2024-09-10T00:00:00Z", 1_725_926_400_000),
        ("2024-09-10 00:00:00.250+00:00", 1_725_926_400_250),
        (None, None),
    ],
)
def test_times_of_devices(time: Any, expected: int | None) -> None:
    assert device_time({"t": time}, "t") == expected


def test_a_device_without_a_clock() -> None:
    assert device_time({}, "t") is None


@pytest.mark.parametrize("time", ["yesterday", "2024-09-10T07:00:00", -1, True, [], "", float("nan"), 2.0**60])
def test_f20_what_is_no_time_is_refused(time: Any) -> None:
    with pytest.raises(DocumentError, match="time"):
        device_time({"t": time}, "t")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b"[" * 100_000, b"nul", b'{"a":' * 50_000])
def test_f41_what_is_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(DocumentError, match="is n"):
        parse(body)


def test_known_points() -> None:
    both = profile({"source": {"path": "a"}}, {"key": "l", "source": {"path": "b.c"}})
    assert known_points(both, {"b": {"c": None}}) == {"l"}
    assert known_points(both, [1]) == frozenset()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_document_gives_one_sample_for_each_point(document: Any) -> None:
    found = samples("d", profile({"source": {"path": "0"}}), document, observed_at=None)
    assert [each.point for each in found] == ["k"]
    assert (found[0].value is None) == bool(found[0].fault)


@given(st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_any_bytes_are_a_document_or_refused(body: bytes) -> None:
    try:
        document = parse(body)
    except DocumentError:
        return
    samples("d", profile({"source": {"path": "a.0"}}), document, observed_at=None)


@given(st.binary(max_size=40))
def test_a_document_cut_anywhere_is_a_document_or_refused(tail: bytes) -> None:
    whole = json.dumps({"rain_mm": 0.4, "deep": [{"x": None}], "observed_at": 1}).encode()
    for cut in range(len(whole)):
        with contextlib.suppress(DocumentError):
            parse(whole[:cut] + tail)
