"""The hours of a week in which nobody of a team is on duty by plan: then `otherwise` is told."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.people.hours import DAYS
from cloud.people.people import Shift, Team

DAY_MIN = 1440
WEEK_MIN = 7 * DAY_MIN

Span = tuple[int, int]  # minutes since Monday 00:00, the end excluded


def uncovered(team: Team) -> tuple[str, ...]:
    """The stretches without anybody, as `fri 22:00 - sat 06:00`; days with fixed dates are not looked at."""
    spans = sorted(span for shift in team.shifts for span in _spans(shift))
    gaps: list[Span] = []
    end = 0
    for begin, until in spans:
        if begin > end:
            gaps.append((end, begin))
        end = max(end, until)
    if end < WEEK_MIN:
        gaps.append((end, WEEK_MIN))
    return tuple(f"{_said(begin)} - {_said(until)}" for begin, until in _over_sunday(gaps))


def _spans(shift: Shift) -> list[Span]:
    """The shift on every day of the week; what passes the end of Sunday begins the week."""
    start, end = _minute(shift.start), _minute(shift.end)
    length = end - start if end > start else end + DAY_MIN - start
    found: list[Span] = []
    for number, day in enumerate(DAYS):
        if not shift.days or day in shift.days:
            begin = number * DAY_MIN + start
            found.append((begin, min(begin + length, WEEK_MIN)))
            if begin + length > WEEK_MIN:
                found.append((0, begin + length - WEEK_MIN))
    return found


def _over_sunday(gaps: Sequence[Span]) -> Sequence[Span]:
    """A gap that ends with Sunday and one that begins with Monday are one."""
    if len(gaps) > 1 and gaps[0][0] == 0 and gaps[-1][1] == WEEK_MIN:
        return [*gaps[1:-1], (gaps[-1][0], gaps[0][1])]
    return gaps


def _minute(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def _said(minute: int) -> str:
    day, rest = divmod(minute % WEEK_MIN, DAY_MIN)
    return f"{DAYS[day]} {rest // 60:02}:{rest % 60:02}"
