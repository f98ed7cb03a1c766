"""The text of station files: columns, statuses, units, times that cannot be, and files that were cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.connectors.station_file.config import StationFileConnection
from edge_agent.connectors.station_file.document import Terms, read
from edge_agent.connectors.station_file.names import in_order, is_of
from tests.edge_agent.connectors.station_file.station import PROFILE, STATION, TEN_FIFTEEN, name, text
from tests.readme_check import assert_documented

POINTS = {"Flow": "flow_m3_h", "pH": "ph", "TSS": "tss_mg_l"}


def told(row: str, terms: Terms | None = None) -> tuple[object, int | None]:
    """What a file of this one line says of its parameter: value or fault, and when."""
    found = read("d", PROFILE, row + "\n", terms or Terms())
    point = POINTS.get(row.lstrip("\ufeff").split("\t")[0].strip(), "ph")
    (sample,) = (each for each in found.samples if each.point == point)
    return sample.fault or sample.value, sample.observed_at


@pytest.mark.parametrize(
    ("row", "terms", "wanted"),
    [
        ("pH\t7.12\t-\t20240908101500\t00", Terms(), (7.12, TEN_FIFTEEN)),
        ("\ufeffpH\t7.12\t-\t20240908101500\t00\t\r", Terms(), (7.12, TEN_FIFTEEN)),
        ("pH\t7,12\t-\t20240908101500\t00", Terms(decimal=","), (7.12, TEN_FIFTEEN)),
        ("pH\t7,12\t-\t20240908101500\t00", Terms(), ("not_a_number", TEN_FIFTEEN)),
        ("pH\tNaN\t-\t20240908101500\t00", Terms(), ("not_a_number", TEN_FIFTEEN)),
        ("pH\t\t-\t20240908101500\t00", Terms(), ("missing", TEN_FIFTEEN)),
        ("pH\t7.12\t-\t20240908101500\t01", Terms(), ("calibrating", TEN_FIFTEEN)),
        ("pH\t7.12\t-\t20240908101500\t02", Terms(), ("device", TEN_FIFTEEN)),
        ("pH\t7.12\t-\t20240908101500\t07", Terms(), ("status_07", TEN_FIFTEEN)),
        ("TSS\t31\tg/L\t20240908101500\t00", Terms(), ("unit", TEN_FIFTEEN)),
        ("Flow\t118\tM³/H\t20240908101500\t00", Terms(), (118.0, TEN_FIFTEEN)),
        ("pH\t7.12\t-\t20240908031500\t00", Terms(utc_offset_h=0), (7.12, TEN_FIFTEEN)),
        ("pH\t7.12\t-\t19700101000500\t00", Terms(), ("clock", None)),
        ("pH\t7.12\t-\t20000101000500\t00", Terms(), ("clock", None)),
        ("pH\t7.12\t-\t20240908102600\t00", Terms(latest_ms=TEN_FIFTEEN + 600_000), ("clock", None)),
        ("pH\t7.12\t-\t20240908102500\t00", Terms(latest_ms=TEN_FIFTEEN + 600_000), (7.12, TEN_FIFTEEN + 600_000)),
    ],
    ids=[
        "plain", "mark and tail", "comma", "wrong comma", "nan", "empty", "calibrating", "device", "unknown status",
        "other unit", "unit in other letters", "utc", "clock of 1970", "clock of 2000", "ahead", "just not ahead",
    ],
)  # fmt: skip
def test_a_line_says(row: str, terms: Terms, wanted: tuple[object, int | None]) -> None:
    assert told(row, terms) == wanted


def test_what_has_no_line_is_missing_and_what_is_no_line_is_counted() -> None:
    document = read("d", PROFILE, "pH\t7.1\t-\t20240908101500\t00\nTSS 31 mg/L\nCOD\t4\tmg/L\t2024\t00\n", Terms())
    assert (document.lines, document.wrong) == (3, 2)
    assert {each.point: each.fault for each in document.samples if each.fault} == dict.fromkeys(
        ("flow_m3_h", "tss_mg_l", "cod_mg_l", "nh4_mg_l", "temp_c"), "missing"
    )


@settings(deadline=None)
@given(st.integers(0, len(text()) - 1))
def test_a_file_that_was_cut_anywhere_but_between_lines_is_not_finished(length: int) -> None:
    cut = text()[:length]
    whole_line = cut.endswith(("\n", "\r")) or cut.endswith(("\t00", "\t01", "\t02"))
    assert read("d", PROFILE, cut, Terms()).is_finished == whole_line


@settings(deadline=None)
@given(st.text(max_size=300) | st.text("\t\r\n0123456789.pHTS", max_size=300))
def test_no_text_is_too_odd(odd: str) -> None:
    document = read("d", PROFILE, odd, Terms())
    assert document.wrong <= document.lines


def test_names() -> None:
    good = [name("20240908102000"), name("20240908101500"), f"{STATION}_20240907235500.TXT"]
    wrong = [
        f"{STATION}_20240908101500.txt.part", f".{STATION}_20240908101500.txt", f"{STATION}2_20240908101500.txt",
        "KCNPN_20240908101500.txt", f"{STATION}_202409081015.txt", f"{STATION}_2024090810150\u0660.txt", "x" * 300,
    ]  # fmt: skip
    assert [each for each in good + wrong if is_of(STATION, each)] == good
    assert in_order(good) == [good[2], good[1], good[0]]


@pytest.mark.parametrize("station", ["", "../etc", "a b", "a__b"], ids=["empty", "path", "space", "gap"])
def test_a_code_that_is_no_name_is_refused(station: str) -> None:
    with pytest.raises(ValidationError, match="station"):
        StationFileConnection.model_validate({"folder": "x", "station": station})


def test_each_field_stands_in_the_readme() -> None:
    assert_documented("edge_agent/connectors/station_file", StationFileConnection)
