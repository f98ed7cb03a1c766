"""Which findings are news: each kind of event is told once when it begins, and not too often; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

OFFLINE, ONLINE = "camera_offline", "camera_online"


@dataclass(frozen=True, slots=True)
class Told:
    """What has been told: kinds that hold since, and when each was told last."""

    active: frozenset[str] = frozenset({ONLINE})  # a camera that works from the start is no news
    told_at: Mapping[str, float] = field(default_factory=dict)
    news: tuple[str, ...] = ()


def step(state: Told, flags: Mapping[str, bool], at: float, cooldown_s: float) -> Told:
    """The state after these findings; `news` names the kinds to tell now.

    What is not in `flags` is unknown and changes nothing. News within the cooldown wait, and are told when it is over
    if they still hold, so that the last event is never the opposite of the truth for long.
    """
    ended = {kind for kind, holds in flags.items() if not holds}
    begun = [kind for kind, holds in flags.items() if holds and kind not in state.active]
    news = tuple(kind for kind in begun if at - state.told_at.get(kind, -cooldown_s) >= cooldown_s)
    return Told((state.active - ended) | set(news), {**state.told_at, **dict.fromkeys(news, at)}, news)
