"""Whether another program uses this gateway's name, so that both throw each other out for ever (F27); pure."""

from __future__ import annotations

from collections import deque

WITHIN_S = 60.0
LOSSES = 2  # sessions lost so soon after one another: a broker that restarts does that as well, so it only makes us ask
OWN_STATES = 16  # more than we say within the time that counts


class Rival:
    """Owns which sessions were lost, and what we said of ourselves.

    A broker that throws a client out because another came with its name says nothing (MQTT 3.1.1, section 3.1.4). But
    the gateway's retained state is then the other's: its `since` is none that we ever said. It is read only after
    suspicious losses, because on a thin link it costs as much as a birth. What a first session would find is the
    state of the program that ran before.
    """

    def __init__(self) -> None:
        self._lost: deque[float] = deque(maxlen=LOSSES)
        self._said: deque[int] = deque(maxlen=OWN_STATES)

    def said(self, since: int) -> None:
        """This moment stands in a state that we hand to the broker, as a birth or as a will."""
        self._said.append(since)

    def lost(self, now: float) -> None:
        """A session that had been born was lost."""
        self._lost.append(now)

    def suspected(self, now: float) -> bool:
        """Whether to read our own retained state in the next session."""
        return len(self._lost) == LOSSES and now - self._lost[0] <= WITHIN_S

    def is_rival(self, since: int) -> bool:
        """Whether this state of our name is somebody else's."""
        return since not in self._said
