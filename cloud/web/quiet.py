"""Says why nobody is told of an alarm now: shelved, out of service, folded into its cause, or flapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cloud.alarms.book import key_of
from cloud.api.alarms import AlarmDetail
from cloud.api.deps import Centre

Why = Literal["shelved", "out_of_service", "suppressed", "flapping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """One reason, who wanted it and until when (None = nobody can say); `work` or `cause` names what is behind."""

    why: Why
    since: int
    until: int | None = None
    actor: str = ""
    reason: str = ""
    work: str = ""
    cause: str = ""
    count: int = 0


def quiets_of(centre: Centre, alarm: AlarmDetail) -> list[Quiet]:
    """Every reason that holds now; one alarm may have several."""
    return list(_quiets(centre, alarm)) if alarm.open else []


def _quiets(centre: Centre, alarm: AlarmDetail) -> Iterator[Quiet]:
    mutes, key, now = centre.mutes(), key_of(alarm), centre.clock.now_ms()
    shelf = mutes.shelves.of(key)
    if shelf is not None:
        yield Quiet(why="shelved", since=shelf.at, until=shelf.until, actor=shelf.actor, reason=shelf.reason)
    work = mutes.planned.covering(key, site=alarm.site, at=now)
    if work is not None:
        yield Quiet(
            why="out_of_service", since=work.begin, until=work.until, actor=work.actor, reason=work.reason, work=work.id
        )
    if key in mutes.suppressed:
        folded = next((line for line in reversed(alarm.history) if line.what == "suppressed"), None)
        cause = folded.comment.rpartition(" ")[2] if folded else ""
        yield Quiet(why="suppressed", since=folded.at if folded else alarm.raised_at, cause=cause)
    flap = mutes.flaps.of(key)
    if flap is not None:
        yield Quiet(why="flapping", since=flap.since, count=flap.count)
