"""Phone numbers: one form for every way to write them, and none of them in errors."""

from __future__ import annotations

import pytest

from cloud.notify.phone import masked, mobile_number


@pytest.mark.parametrize(
    "text", ["84912345678", "+84912345678", "0912345678", "0912 345 678", "+84 91.234-5678", "0084912345678"]
)  # fmt: skip
def test_every_usual_way_to_write_a_number_is_one_number(text: str) -> None:
    assert mobile_number(text) == "84912345678"


@pytest.mark.parametrize("text", ["", "84", "0212345678", "091234567", "09123456789", "+856912345678", "84912345abc"])
def test_what_is_no_mobile_number_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="is no Vietnamese mobile number") as caught:
        mobile_number(text)
    assert not text or text not in str(caught.value)


def test_numbers_are_masked_and_short_figures_are_not() -> None:
    assert masked("số 0912 345 678 sai, +84912345678 cũng vậy (mã 100)") == "số … sai, … cũng vậy (mã 100)"
