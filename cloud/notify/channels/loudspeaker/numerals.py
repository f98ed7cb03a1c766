"""Numbers in Vietnamese words, as people read them aloud."""

from __future__ import annotations

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
THOUSANDS = ("", "nghìn", "triệu")
BILLION = 10**9
MOST_DIGITS = 15  # longer ones are names rather than amounts


def spelled(number: int) -> str:
    """A whole number in words."""
    if number < 0:
        return f"âm {spelled(-number)}"
    if number >= BILLION:
        billions, rest = divmod(number, BILLION)
        return " ".join(filter(None, (spelled(billions), "tỷ", _groups(rest, full=True))))
    return _groups(number, full=False) or DIGITS[0]


def spelled_text(text: str) -> str:
    """A number as it is written in Vietnamese: `1.250` is a thousand, `3,73` and `2.5` have decimals."""
    sign, digits = ("âm ", text[1:]) if text[0] in "-−" else ("", text)
    whole, _, decimals = _whole_and_decimals(digits)
    if len(whole) > MOST_DIGITS:
        return sign + one_by_one(whole)
    return sign + spelled(int(whole)) + (f" phẩy {_decimals(decimals)}" if decimals else "")


def one_by_one(digits: str) -> str:
    """Digit after digit."""
    return " ".join(DIGITS[int(digit)] for digit in digits)


def _whole_and_decimals(digits: str) -> tuple[str, str, str]:
    if "," in digits:
        return digits.replace(".", "").partition(",")
    groups = digits.split(".")
    if len(groups) > 1 and groups[0] != "0" and all(len(group) == 3 for group in groups[1:]):
        return "".join(groups), "", ""
    return digits.partition(".")


def _decimals(digits: str) -> str:
    """Two decimals are read as a number, all others one by one."""
    return spelled(int(digits)) if len(digits) == 2 and digits[0] != "0" else one_by_one(digits)


def _groups(number: int, *, full: bool) -> str:
    """Below a billion, in groups of three digits; `full` = something stands before it."""
    words: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if group:
            words += [_below_thousand(group, full=full or bool(words)), THOUSANDS[power]]
    return " ".join(filter(None, words))


def _below_thousand(number: int, *, full: bool) -> str:
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words = [DIGITS[hundreds], "trăm"] if hundreds or full else []
    if tens == 1:
        words.append("mười")
    elif tens:
        words += [DIGITS[tens], "mươi"]
    elif ones and words:
        words.append("linh")
    if ones:
        words.append(_last(tens, ones))
    return " ".join(words)


def _last(tens: int, ones: int) -> str:
    """The last digit sounds different behind tens: hai mươi mốt, hai mươi tư, mười lăm."""
    if ones == 1 and tens > 1:
        return "mốt"
    if ones == 4 and tens > 1:
        return "tư"
    return "lăm" if ones == 5 and tens else DIGITS[ones]
