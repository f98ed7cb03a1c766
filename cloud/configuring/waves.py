"""Roll-outs in waves: pure. What to send now, what became of what was sent, when the next wave begins, when to stop.

asked ─ confirm ─▶ running ◀─ resume ─ pause ─▶ paused        every wave answered well and soaked ─▶ done
                      └─ too many rolled back or lost, too few good ─▶ stopped   abort while open ─▶ aborted
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cloud.errors import CloudError
from cloud.store.configuration_port import MemberRow, MemberState, RolloutRow, RolloutState

Standing = Literal["active", "trial", "rolled_back", "unknown"]
Trigger = Literal["confirm", "pause", "resume", "abort"]
BAD: tuple[MemberState, ...] = ("rolled_back", "lost", "refused")
SETTLED: tuple[MemberState, ...] = ("good", *BAD, "overtaken")
LIFE: Mapping[tuple[RolloutState, Trigger], RolloutState] = {
    ("asked", "confirm"): "running",
    ("asked", "abort"): "aborted",
    ("running", "pause"): "paused",
    ("running", "abort"): "aborted",
    ("paused", "resume"): "running",
    ("paused", "abort"): "aborted",
}


class RolloutError(CloudError):
    """The roll-out is not in a state that allows it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How carefully a change goes through the fleet; the last size repeats until everybody had a turn.

    `good_share` of a wave's answers must be good and `soak_s` must pass without harm before the next wave begins. A
    gateway has `answer_s` to answer; a good one that is away for longer than that while its wave soaks is lost.
    """

    sizes: tuple[int, ...] = (1, 5, 25)
    good_share: float = 0.95
    soak_s: float = 600.0
    answer_s: float = 900.0
    stop_rolled_back: int = 1
    stop_lost: int = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a gateway now. `version` runs, or ran before it returned from `failed`."""

    online: bool
    since: int = 0  # ms since 1970 UTC: since when it is online, or away
    version: int = 0
    standing: Standing = "unknown"
    failed: int = 0  # the version that it returned from
    reason: str = ""
    desired: int = 0  # the newest version that the centre wants there


@dataclass(frozen=True, slots=True)
class Step:
    """What changes, and which gateways get the change now."""

    rollout: RolloutRow
    members: tuple[MemberRow, ...] = ()
    send: tuple[str, ...] = ()


def waves_of(gateways: Sequence[str], sizes: Sequence[int]) -> dict[str, int]:
    """Which wave each gateway is in, in the order given."""
    placed: dict[str, int] = {}
    wave, room = 0, sizes[0]
    for gateway in gateways:
        if room == 0:
            wave += 1
            room = sizes[min(wave, len(sizes) - 1)]
        placed[gateway] = wave
        room -= 1
    return placed


def acted(rollout: RolloutRow, trigger: Trigger, *, actor: str, now: int) -> RolloutRow:
    """The roll-out after what a person did; RolloutError when it cannot."""
    state = LIFE.get((rollout.state, trigger))
    if state is None:
        raise RolloutError(f"a roll-out that is {rollout.state} cannot {trigger}")
    if trigger == "confirm" and actor == rollout.author:
        raise RolloutError("whoever asked cannot confirm: another person must")
    changed = replace(rollout, state=state, changed_at=now, reason=actor if trigger != "confirm" else "")
    return replace(changed, confirmed_by=actor, wave_at=now) if trigger == "confirm" else changed


def step(rollout: RolloutRow, members: Sequence[MemberRow], plan: Plan, seen: Mapping[str, Seen], *, now: int) -> Step:
    """One look at a roll-out. Only a running one sends; a paused one still learns what became of what was sent."""
    if rollout.state not in ("running", "paused"):
        return Step(rollout)
    judged = [_judged(each, rollout, plan, seen.get(each.gateway, Seen(online=False)), now=now) for each in members]
    changed = tuple(after for before, after in zip(members, judged, strict=True) if after != before)
    if rollout.state == "paused":
        return Step(rollout, changed)
    if due := _due(rollout, judged, seen):  # nobody of an earlier wave is passed over
        stopped = _stop_reason(judged, plan) or _share_reason(rollout, judged, plan)
        if not stopped:
            return Step(rollout, changed, due)
    moved = _moved(rollout, judged, plan, now=now)
    return Step(moved, changed, _due(moved, judged, seen) if moved.state == "running" else ())


def _judged(member: MemberRow, rollout: RolloutRow, plan: Plan, seen: Seen, *, now: int) -> MemberRow:
    """What became of one gateway."""
    if member.state == "sent":
        return _answered(member, plan, seen, now=now)
    away_s = 0.0 if seen.online else (now - seen.since) / 1000
    if member.state == "good" and member.wave == rollout.wave and away_s > plan.answer_s:
        return replace(member, state="lost", at=now, reason="away since the change")
    return member


def _answered(member: MemberRow, plan: Plan, seen: Seen, *, now: int) -> MemberRow:
    if seen.failed == member.version:
        return replace(member, state="rolled_back", at=now, reason=seen.reason)
    if seen.version == member.version and seen.standing == "active":
        return replace(member, state="good", at=now, reason="")
    if seen.desired > member.version or seen.version > member.version:
        return replace(member, state="overtaken", at=now, reason="changed by somebody else meanwhile")
    if now - member.at > plan.answer_s * 1000:
        reason = "no answer" if seen.online else "away since the change"
        return replace(member, state="lost", at=now, reason=reason)
    return member


def _moved(rollout: RolloutRow, members: Sequence[MemberRow], plan: Plan, *, now: int) -> RolloutRow:
    """The roll-out stopped, one wave on, done, or as it was."""
    if reason := _stop_reason(members, plan) or _share_reason(rollout, members, plan):
        return replace(rollout, state="stopped", reason=reason, changed_at=now)
    mine = [each for each in members if each.wave == rollout.wave]
    if any(each.state == "sent" for each in members) or not _has_soaked(rollout, mine, plan, now=now):
        return rollout
    if rollout.wave < max((each.wave for each in members), default=0):
        is_proven = any(each.state == "good" for each in members)
        return replace(rollout, wave=rollout.wave + 1, wave_at=now, changed_at=now) if is_proven else rollout
    if any(each.state == "waiting" for each in members):
        return rollout  # away: they get it when they are back
    return replace(rollout, state="done", changed_at=now)


def _stop_reason(members: Iterable[MemberRow], plan: Plan) -> str:
    found = Counter(each.state for each in members)
    back, lost = found["rolled_back"] + found["refused"], found["lost"]
    if back >= plan.stop_rolled_back > 0:
        return f"{back} rolled back or refused"
    if lost >= plan.stop_lost > 0:
        return f"{lost} lost"
    return ""


def _share_reason(rollout: RolloutRow, members: Iterable[MemberRow], plan: Plan) -> str:
    """Why too few of a wave that has answered are good; empty while it has not, or when enough are."""
    mine = [each.state for each in members if each.wave == rollout.wave and each.state not in ("overtaken", "waiting")]
    good = mine.count("good")
    if not mine or "sent" in mine or good >= plan.good_share * len(mine):
        return ""
    return f"{good} of {len(mine)} good in wave {rollout.wave + 1}"


def _has_soaked(rollout: RolloutRow, mine: Sequence[MemberRow], plan: Plan, *, now: int) -> bool:
    """Whether the newest answer of the wave is old enough."""
    newest = max((each.at for each in mine if each.state in SETTLED), default=rollout.wave_at)
    return now - newest >= plan.soak_s * 1000


def _due(rollout: RolloutRow, members: Iterable[MemberRow], seen: Mapping[str, Seen]) -> tuple[str, ...]:
    """Who is in its turn, has nothing yet, and is there to take it."""
    away = Seen(online=False)
    turn = (each for each in members if each.state == "waiting" and each.wave <= rollout.wave)
    return tuple(each.gateway for each in turn if seen.get(each.gateway, away).online)
