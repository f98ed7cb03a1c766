"""Says in a few sentences what a rule does: what it looks at, when it speaks, and who stands behind its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cloud.rules.ladder import Level
from cloud.rules.rule import Rule
from cloud.rules.rule_set import unit_of
from device_profiles.schema import Text
from device_profiles.units import shown

# kind -> what is held against the levels
FIGURES: Final = {
    "threshold": Text(vi="giá trị", en="the value"),
    "rate_of_change": Text(vi="tốc độ thay đổi", en="the rate of change"),
    "stale": Text(vi="thời gian không có số liệu", en="the time without any sign of life"),
    "flat_line": Text(vi="thời gian giá trị đứng yên", en="the time without any change"),
    "window": Text(vi="con số trong một khoảng thời gian", en="the figure over a window of time"),
    "baseline": Text(vi="so với cùng giờ các kỳ trước", en="this hour against past ones"),
    "expression": Text(vi="kết quả công thức", en="the outcome of a formula"),
    "repeated": Text(vi="số lần xảy ra", en="the number of times of an event"),
    "combination": Text(
        vi="số quy tắc khác đang có cảnh báo ở cùng nơi", en="how many other rules have an alarm in one place"
    ),
    "compare": Text(vi="chênh lệch hoặc tỷ số so với nơi khác", en="the difference or ratio to another value"),
    "sequence": Text(vi="thời gian từ việc thứ nhất đến việc thứ hai", en="the time from one thing to the next"),
    "n_of_m": Text(
        vi="số thiết bị, hoặc tỷ lệ thiết bị, cùng thỏa điều kiện",
        en="how many devices, or which share, meet a condition",
    ),
    "schedule": Text(vi="giá trị trong khung giờ", en="the value within hours of the day"),
}
SEVERITIES: Final = {
    1: Text(vi="khẩn cấp", en="emergency"),
    2: Text(vi="cao", en="high"),
    3: Text(vi="trung bình", en="medium"),
    4: Text(vi="thấp", en="low"),
}
SELECTIONS: Final = {
    "sites": Text(vi="điểm", en="sites"),
    "areas": Text(vi="địa bàn", en="areas"),
    "gateways": Text(vi="cổng", en="gateways"),
    "devices": Text(vi="thiết bị", en="devices"),
    "labels": Text(vi="điểm có nhãn", en="sites labelled"),
    "only_with": Text(vi="điểm có thuộc tính", en="sites with"),
}
NEAR: Final = {
    "": Text(vi="cùng nơi", en="in the same place"),
    "device": Text(vi="cùng thiết bị", en="at the same device"),
    "gateway": Text(vi="cùng cổng", en="at the same gateway"),
    "site": Text(vi="cùng điểm", en="at the same site"),
    "area": Text(vi="cùng địa bàn", en="in the same area"),
    "all": Text(vi="ở bất cứ đâu", en="anywhere"),
}
PLACES_TOLD: Final = 4
TOLD_ELSEWHERE: Final = frozenset({"kind", "unit", "hold_s", "levels"})


def sentences(rule: Rule) -> Text:
    """The rule in both languages, one sentence a line."""
    return Text(vi="\n".join(_vietnamese(rule)), en="\n".join(_english(rule)))


def _vietnamese(rule: Rule) -> Iterator[str]:
    figure = FIGURES.get(rule.kind.kind)
    what, chosen = figure.vi if figure else rule.kind.kind, _chosen(rule, "vi")
    if rule.selector.profile:
        what += f" của {rule.selector.point or 'cả thiết bị'}, thiết bị loại {rule.selector.profile}"
    yield f"{rule.id}, phiên bản {rule.version}: xem {what}; {chosen}."
    for level in _levels(rule):
        side = "từ {} trở lên" if level.above is not None else "từ {} trở xuống"
        left = "" if level.clear is None else f", hết khi về {_threshold(rule, level, 'clear', 'vi')}"
        name = f"Mức {level.words.vi} ({SEVERITIES[level.severity].vi})"
        yield f"{name}: {side.format(_threshold(rule, level, _side(level), 'vi'))}{left}."
    if settings := _settings(rule, "vi"):
        yield f"Tham số: {settings}."
    if hold_s := _hold_s(rule):
        yield f"Phải kéo dài {_duration(hold_s, 'vi')} mới cảnh báo."
    if rule.unless:
        yield f"Không báo tin khi đang có cảnh báo của {', '.join(rule.unless)} {NEAR[rule.unless_by].vi}."
    if rule.folds:
        yield f"Gộp cảnh báo của {', '.join(rule.folds)} vào cảnh báo này."
    yield f"Đơn vị chủ trì: {rule.owner}. Việc đầu tiên: {rule.instruction.vi}"
    yield f"Nguồn số liệu ngưỡng: {rule.source}; {'đã' if rule.confirmed else 'CHƯA'} được xác nhận."


def _english(rule: Rule) -> Iterator[str]:
    figure = FIGURES.get(rule.kind.kind)
    what, chosen = figure.en if figure else rule.kind.kind, _chosen(rule, "en")
    if rule.selector.profile:
        what += f" of {rule.selector.point or 'the whole device'}, devices of profile {rule.selector.profile}"
    yield f"{rule.id}, version {rule.version}: looks at {what}; {chosen}."
    for level in _levels(rule):
        side = "at or above" if level.above is not None else "at or below"
        left = "" if level.clear is None else f", left at {_threshold(rule, level, 'clear', 'en')}"
        name = f"Level {level.words.en} ({SEVERITIES[level.severity].en})"
        yield f"{name}: {side} {_threshold(rule, level, _side(level), 'en')}{left}."
    if settings := _settings(rule, "en"):
        yield f"Parameters: {settings}."
    if hold_s := _hold_s(rule):
        yield f"It must last {_duration(hold_s, 'en')} before it counts."
    if rule.unless:
        yield f"Nobody is told while {', '.join(rule.unless)} has an alarm {NEAR[rule.unless_by].en}."
    if rule.folds:
        yield f"Alarms of {', '.join(rule.folds)} are folded into this rule's."
    yield f"Owner: {rule.owner}. First thing to do: {rule.instruction.en}"
    yield f"Source of the thresholds: {rule.source}; {'confirmed' if rule.confirmed else 'NOT confirmed'}."


def _levels(rule: Rule) -> list[Level]:
    return [rule.kind.level(number) for number in range(1, len(rule.kind.levels) + 1)]


def _chosen(rule: Rule, language: str) -> str:
    """Where the rule looks; everywhere when its selector does not say."""
    parts = [
        f"{getattr(name, language)} {', '.join(chosen)}"
        for key, name in SELECTIONS.items()
        if (chosen := getattr(rule.selector, key))
    ]
    return "; ".join(parts) or ("ở mọi nơi" if language == "vi" else "everywhere")


def _settings(rule: Rule, language: str) -> str:
    """What else the file tells the kind, by the names of the file."""
    said = rule.kind.model_dump(mode="json", exclude_unset=True, exclude=set(TOLD_ELSEWHERE))
    return ", ".join(f"{key.removesuffix('_s')} = {_setting(key, value, language)}" for key, value in said.items())


def _setting(key: str, value: object, language: str) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_setting(name, each, language)}" for name, each in value.items())
    if isinstance(value, list):
        return " / ".join(_setting(key, each, language) for each in value)
    if isinstance(value, float) and key.endswith("_s"):
        return _duration(value, language)
    return _number(value, language) if isinstance(value, float) else str(value)


def _hold_s(rule: Rule) -> float:
    return float(getattr(rule.kind, "hold_s", 0))


def _figure(rule: Rule, value: float, language: str) -> str:
    """A threshold with its unit; silence is told in minutes and hours."""
    unit = unit_of(rule)
    if unit == "s":
        return _duration(value, language)
    return f"{_number(value, language)} {'' if unit == '1' else shown(unit)}".rstrip()


def _side(level: Level) -> str:
    return "above" if level.above is not None else "below"


def _threshold(rule: Rule, level: Level, edge: str, language: str) -> str:
    """A number of a level; of one that the sites give, its name and what it is at the first of them."""
    if not rule.named(level.name, edge):
        return _figure(rule, getattr(level, edge), language)
    told = [f"{place.selector.sites[0]} {_of_place(place, level.name, edge, language)}" for place in rule.places]
    more = ["…"] if len(told) > PLACES_TOLD else []
    whose = "của từng điểm" if language == "vi" else "of each site"
    return f"{rule.named(level.name, edge)} {whose} ({'; '.join([*told[:PLACES_TOLD], *more])})"


def _of_place(rule: Rule, name: str, edge: str, language: str) -> str:
    level = next(each for each in _levels(rule) if each.name == name)
    return _figure(rule, getattr(level, edge), language)


def _duration(seconds: float, language: str) -> str:
    words = {"vi": ("ngày", "giờ", "phút", "giây"), "en": ("d", "h", "min", "s")}[language]
    for length, word in zip((86_400, 3_600, 60), words, strict=False):
        if seconds >= length and seconds % length == 0:
            return f"{_number(seconds / length, language)} {word}"
    return f"{_number(seconds, language)} {words[3]}"


def _number(value: float, language: str) -> str:
    text = f"{value:.12g}"
    return text.replace(".", ",") if language == "vi" else text
