"""Signed commissioning records: what was signed is what is read, and one changed character is noticed."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from device_profiles.wire import WireError, decode, encode
from device_profiles.wire.commissioning import (
    RECORD_LIMITS,
    CommissioningRecord,
    DeviceRecord,
    FileReceipt,
    Place,
    PointCheck,
    RecordReceipt,
    SignedRecord,
    sign_record,
    verify_record,
)
from device_profiles.wire.verdicts import contradictions, point_verdict

KEY = ec.generate_private_key(ec.SECP256R1())
POINT = PointCheck("level_m", "Mực nước", "Water level", "m", 3.42, "pass", low=0.0, high=200.0)
DEVICE = DeviceRecord("muc-nuoc", "river_gauge_radar", "Trạm đo", "Gauge", "modbus://x/1", "pass", points=[POINT])
RECORD = CommissioningRecord(
    v=1, id="0" * 32, gateway="gw-1", site="yen-bai", serial="TB-1", technician="Lò Văn Ánh", begun_at=1, ended_at=2,
    verdict="pass", place=Place(21.7, 104.9, 8.0), devices=[DEVICE], note="Đã kiểm tra",
)  # fmt: skip
SIGNED = sign_record(RECORD, KEY)


def test_what_was_signed_is_what_is_read() -> None:
    travelled = decode(encode(SIGNED), SignedRecord, RECORD_LIMITS)
    assert verify_record(travelled, KEY.public_key(), gateway="gw-1") == RECORD
    assert contradictions(RECORD) == []


@given(place=st.integers(0, len(SIGNED.body) - 1), letter=st.characters(codec="utf-8"))
def test_one_changed_character_is_noticed(place: int, letter: str) -> None:
    changed = SIGNED.body[:place] + letter + SIGNED.body[place + 1 :]
    if changed == SIGNED.body:
        return
    with pytest.raises(WireError) as error:
        verify_record(replace(SIGNED, body=changed), KEY.public_key(), gateway="gw-1")
    assert error.value.reason == "signature"


NONE_AT_ALL = ["", "x", "AAAA", base64.b64encode(bytes(71)).decode(), SIGNED.signature[:-8]]


@pytest.mark.parametrize("signature", NONE_AT_ALL, ids=["empty", "letter", "short", "zeros", "cut"])
def test_no_signature_at_all_is_noticed(signature: str) -> None:
    with pytest.raises(WireError, match="did not sign"):
        verify_record(replace(SIGNED, signature=signature), KEY.public_key(), gateway="gw-1")


def test_another_gateways_record_is_not_ours() -> None:
    with pytest.raises(WireError) as error:
        verify_record(SIGNED, KEY.public_key(), gateway="gw-2")
    assert error.value.reason == "wrong_gateway"


@pytest.mark.parametrize(
    "change",
    [{"id": "../etc"}, {"technician": "x" * 121}, {"note": "x" * 2001}, {"devices": [DEVICE] * 65}, {"verdict": "ok"}],
)
def test_records_beyond_the_limits_are_malformed_even_when_signed(change: dict[str, object]) -> None:
    with pytest.raises(WireError) as error:
        verify_record(sign_record(replace(RECORD, **change), KEY), KEY.public_key(), gateway="gw-1")
    assert error.value.reason == "malformed"


def test_a_gateway_understands_receipts_of_a_later_centre() -> None:
    receipt = RecordReceipt("0" * 32, "1" * 64, ["2" * 64], {"2" * 64: 7})
    assert decode(encode(receipt)[:-1] + b',"later":1}', RecordReceipt) == receipt
    assert decode(b'{"sha256":"' + b"2" * 64 + b'","received":7,"done":false,"later":1}', FileReceipt).received == 7


@given(
    value=st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.integers(), st.text(max_size=5)),
    low=st.none() | st.floats(-10, 0),
    high=st.none() | st.floats(0, 10),
)
def test_a_value_never_passes_outside_its_range(value: object, low: float | None, high: float | None) -> None:
    verdict = point_verdict(value, "", low=low, high=high, choices={})  # type: ignore[arg-type]
    if value is None:
        assert verdict == "fail"
    elif isinstance(value, int | float) and not isinstance(value, bool) and verdict == "pass":
        assert low is None or low <= value
        assert high is None or value <= high
        assert low is not None or high is not None
