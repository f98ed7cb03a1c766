"""Counts the members of a group that are in one state, without looking at all of them each time."""

from __future__ import annotations

import math

from cloud.rules.groups import Memory, Slot

MET, NOT_MET = 1.0, 0.0  # what is remembered of a member, with the time of the reading that said so


class Headcount(dict[Slot, Memory]):
    """The memories of a group, each one time and one state, and how many of them are young. Its time never goes back.

    Whoever is too old to be counted is looked for only when the oldest that was counted can have become so.
    """

    def __init__(self, *, met_ms: float, member_ms: float) -> None:
        super().__init__()
        self._met_ms, self._member_ms = met_ms, member_ms
        self._met: dict[Slot, int] = {}
        self._met_until = math.inf
        self._members = 0
        self._counted_at, self._members_until = 0, -math.inf

    def __setitem__(self, slot: Slot, memory: Memory) -> None:
        before = self.get(slot)
        super().__setitem__(slot, memory)
        at, state = memory[0]
        if state == MET:
            self._met[slot] = at
            self._met_until = min(self._met_until, at + self._met_ms)
        else:
            self._met.pop(slot, None)
        if before is None or self._counted_at - before[0][0] >= self._member_ms:
            self._members_until = -math.inf

    def __delitem__(self, slot: Slot) -> None:
        super().__delitem__(slot)
        self._met.pop(slot, None)
        self._members_until = -math.inf

    def met(self, at: int) -> dict[Slot, int]:
        """Who is in the state, by a reading that is young at this time."""
        if at >= self._met_until:
            self._met = {slot: then for slot, then in self._met.items() if at - then < self._met_ms}
            self._met_until = min(self._met.values(), default=math.inf) + self._met_ms
        return self._met

    def members(self, at: int) -> int:
        """How many have been heard not too long before this time."""
        if at >= self._members_until:
            heard = [memory[0][0] for memory in self.values() if at - memory[0][0] < self._member_ms]
            self._members, self._counted_at = len(heard), at
            self._members_until = min(heard, default=math.inf) + self._member_ms
        return self._members
