"""Codes of the second factor: the standard's own, each good once, and the paper codes."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from cloud.access.second_factor import FactorRow, address, begin, confirmed, taken

# RFC 6238 appendix B, SHA-1: its key, and the last six of its eight digits at each time.
KEY = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
ROW = FactorRow("quantri", KEY, confirmed=True, step=0, paper="", at=0)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_are_those_of_the_standard_and_count_half_a_minute_early_and_late(seconds: int, code: str) -> None:
    for across_s in (-30, 0, 30):
        assert taken(ROW, code, now=(seconds + across_s) * 1000) is not None
    for across_s in (-90, 90):
        assert taken(ROW, code, now=(seconds + across_s) * 1000) is None


def test_a_code_counts_once_and_so_does_none_before_it() -> None:
    after = taken(ROW, " 279 037 ", now=2_000_000_000_000)
    assert after is not None
    assert taken(after, "279037", now=2_000_000_000_000) is None
    assert taken(after, "279037", now=2_000_000_029_000) is None
    earlier = replace(ROW, step=2_000_000_030 // 30)
    assert taken(earlier, "279037", now=2_000_000_030_000) is None


def test_a_paper_code_counts_once_however_it_is_written() -> None:
    row, codes = confirmed(begin("quantri", now=0))
    assert len(set(codes)) == 8
    assert not any(code.replace("-", "") in row.paper for code in codes), "only digests are kept"
    after = taken(row, codes[0].upper().replace("-", " "), now=0)
    assert after is not None
    assert taken(after, codes[0], now=0) is None
    assert taken(after, codes[1], now=0) is not None
    assert taken(after, "aaaaa-aaaaa", now=0) is None


def test_the_app_is_told_of_whom_and_where() -> None:
    assert address(ROW) == f"otpauth://totp/Thacba:quantri?secret={KEY}&issuer=Thacba"
