"""Keeps this gateway a member: brings a claim that waits, renews in time, and knows when only a person can help."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from device_profiles.backoff import Backoff
from edge_agent.clockwatch import ClockWatch
from edge_agent.control.protocol import ControlError, Verb
from edge_agent.identity.errors import AwayError, IdentityError, PapersError, RefusedError
from edge_agent.identity.joining import Joiner
from edge_agent.identity.papers import Identity
from edge_agent.identity.renewal import Renewer, renews_at
from edge_agent.identity.standing import ClaimState, Fault, Standing, State
from edge_agent.identity.store import IdentityStore, QueuedClaim, Revocation
from edge_agent.identity.words import sentences
from edge_agent.racing import first_of

log = logging.getLogger(__name__)

LOOK_S = 60.0  # how often the clock and the files are looked at; whoever changes something says so
ASK_REVOKED_S = 24 * 3600.0  # a revocation is final, but the centre may have been restored from a copy
BUSY_S = 5.0
BOXED: Mapping[ClaimState, State] = {"": "none", "waits": "queued", "refused": "refused"}


class IdentityKeeper:
    """Owns the identity of a running agent; the one place that decides when the centre is asked about it.

    `joined` is called with every identity that is new to this program: after a join, not after a renewal (the link
    reads the renewed certificate from its file at the next session).
    """

    def __init__(
        self,
        store: IdentityStore,
        *,
        clock: ClockWatch,
        joiner: Joiner,
        renewer: Renewer,
        joined: Callable[[Identity], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._joiner = joiner
        self._renewer = renewer
        self._joined = joined
        self._news = asyncio.Event()
        self._changed = asyncio.Event()
        self._retry = Backoff(base_s=2.0, cap_s=60.0)  # of a claim, or without a link: somebody may be standing there
        self._later = Backoff(base_s=60.0, cap_s=3600.0)  # of a renewal: half of the life is left
        self._next_at = 0.0  # monotonic: not earlier
        self._fault: Fault | None = None
        self._suspected = False  # the broker will not have our certificate

    async def run(self) -> None:
        """Does what is to be done, for ever."""
        while True:
            self._news.clear()
            wait_s = await self._step()
            await first_of(self._news.wait(), self._clock.sleep(wait_s))

    # -- what others ask ------------------------------------------------------------------------------------------

    @property
    def store(self) -> IdentityStore:
        """Where the identity lies."""
        return self._store

    def verbs(self) -> Mapping[str, Verb]:
        """What the control socket offers: `identity`, and `join` {claim, centre?, anew?, wait_s?}."""
        return {"identity": self._answer_identity, "join": self._answer_join}

    def standing(self) -> Standing:
        """The identity at a glance."""
        try:
            return self._standing()
        except IdentityError as error:
            return Standing("damaged", fault=self._fault_of(error))

    def queue(self, text: str, *, centre: str = "", anew: bool = False) -> None:
        """Takes a claim, to be brought to the centre now and as often as it takes; RefusedError when it is none."""
        self._joiner.queue(text, centre=centre, anew=anew)
        self._retry.reset()
        self._next_at = 0.0
        self._fault = None
        self._news.set()

    async def join_now(self, text: str, *, centre: str = "", anew: bool = False) -> dict[str, object]:
        """For a program that runs for this alone: one attempt, and the standing afterwards."""
        self.queue(text, centre=centre, anew=anew)
        await self._step()
        return self.standing().document()

    # -- what the link asks ---------------------------------------------------------------------------------------

    async def worth_showing(self) -> None:
        """Returns when the certificate is one that the broker may take; not while it is known to be of no use."""
        while self._is_useless():
            self._changed.clear()
            await first_of(self._changed.wait(), self._clock.sleep(LOOK_S))

    def refused(self, fault: str) -> None:
        """The broker refuses our certificate: the centre is asked why, at its own pace."""
        if not self._suspected:
            log.warning("certificate refused by the broker", extra={"fault": fault})
        self._suspected = True
        self._news.set()

    def accepted(self) -> None:
        """The broker takes our certificate."""
        self._suspected = False
        self._later.reset()

    # -- one step -------------------------------------------------------------------------------------------------

    async def _step(self) -> float:
        """Does the one thing that is due; seconds until there may be another one."""
        rest_s = self._next_at - self._clock.monotonic()
        if rest_s > 0:
            return min(rest_s, LOOK_S)
        try:
            with self._store.alone() as is_alone:
                return await self._due() if is_alone else BUSY_S
        except IdentityError as error:
            self._note(error)
            return self._wait(self._later.next_delay())
        finally:
            self._changed.set()

    async def _due(self) -> float:
        queued = self._store.claim()
        if queued is not None and not queued.refused:
            return await self._join(queued)
        identity = self._store.load()
        if identity is None:
            return LOOK_S
        is_revoked = self._is_revoked(identity)
        if self._suspected or is_revoked or self._renewer.is_due(identity):
            return await self._renew(identity)
        return LOOK_S

    async def _join(self, queued: QueuedClaim) -> float:
        try:
            identity = await self._joiner.attempt(queued)
        except AwayError as error:
            self._note(error)
            return self._wait(self._retry.next_delay())
        except (RefusedError, PapersError) as error:
            self._note(error)
            return LOOK_S
        self._fault, self._suspected = None, False
        self._retry.reset()
        self._joined(identity)
        return 0.0

    async def _renew(self, identity: Identity) -> float:
        is_urgent = self._suspected or self._has_ended(identity)
        try:
            await self._renewer.renew(identity)
        except IdentityError as error:
            self._note(error)
            if error.code == "revoked":
                self._store.note_revoked(Revocation(identity.number, self._clock.now_ms()))
                return self._wait(ASK_REVOKED_S)
            return self._wait((self._retry if is_urgent else self._later).next_delay())
        if self._store.revoked() is not None:
            self._store.note_revoked(None)
        self._retry.reset()
        self._fault, self._suspected = None, False
        return self._wait(self._later.next_delay())

    def _wait(self, seconds: float) -> float:
        self._next_at = self._clock.monotonic() + seconds
        return min(seconds, LOOK_S)

    def _note(self, error: IdentityError) -> None:
        """One line in the log when the reason changes, none per attempt."""
        if self._fault is None or self._fault.code != error.code:
            log.warning("identity: not done", extra={"reason": error.code, "detail": error.detail})
        self._fault = self._fault_of(error)

    def _fault_of(self, error: IdentityError) -> Fault:
        return Fault(error.code, error.detail, self._clock.now_ms())

    # -- what is known --------------------------------------------------------------------------------------------

    def _is_revoked(self, identity: Identity) -> bool:
        known = self._store.revoked()
        return known is not None and known.certificate == identity.number

    def _is_useless(self) -> bool:
        """Revoked, or expired by a clock that can be believed. What cannot be read is shown: the broker decides."""
        try:
            identity = self._store.load()
            if identity is None:
                return False
            return self._is_revoked(identity) or self._has_ended(identity)
        except IdentityError:
            return False

    def _has_ended(self, identity: Identity) -> bool:
        return self._clock.state() == "good" and self._clock.now_ms() >= identity.ends_at

    def _standing(self) -> Standing:
        queued, identity = self._store.claim(), self._store.load()
        known = _with_claim(_of_identity(identity), queued)
        rest_s = round(self._next_at - self._clock.monotonic())
        known = replace(known, serial=self._store.serial(), fault=self._fault)
        if queued is not None and queued.refused:
            known = replace(known, claim="refused", fault=Fault(queued.refused, queued.detail))
        elif queued is not None:
            known = replace(known, claim="waits", next_try_in_s=max(0, rest_s))
        if identity is None:
            return replace(known, state=BOXED[known.claim])
        known = replace(known, days_left=identity.days_left(self._clock.now_ms()))
        if self._is_revoked(identity):
            return replace(known, state="revoked", fault=known.fault or Fault("revoked"))
        if self._has_ended(identity):
            return replace(known, state="expired", next_try_in_s=max(0, rest_s), fault=known.fault or Fault("expired"))
        return known

    # -- verbs ----------------------------------------------------------------------------------------------------

    async def _answer_identity(self, _arguments: Mapping[str, object]) -> Mapping[str, object]:
        return self.standing().document()

    async def _answer_join(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Queues the claim, waits a little for what comes of it, and answers with the standing."""
        try:
            self.queue(
                str(arguments.get("claim", "")),
                centre=str(arguments.get("centre", "")),
                anew=arguments.get("anew") is True,
            )
        except IdentityError as error:
            said = sentences(error.code)
            raise ControlError(error.code, error.detail, f"{said['what_en']} {said['hint_en']}") from error
        wait_s = arguments.get("wait_s", 20)
        await self._until_settled(float(wait_s) if isinstance(wait_s, int | float) else 20.0)
        return self.standing().document()

    async def _until_settled(self, within_s: float) -> None:
        """Waits until the first attempt has ended, however it did."""

        async def ended() -> None:
            while self.standing().claim == "waits" and self._fault is None:
                self._changed.clear()
                await self._changed.wait()

        await first_of(ended(), self._clock.sleep(min(60.0, max(0.0, within_s))))


def _of_identity(identity: Identity | None) -> Standing:
    if identity is None:
        return Standing("none")
    welcome = identity.welcome
    return Standing(
        "member",
        gateway=identity.gateway,
        site=welcome.site,
        name_vi=welcome.name_vi,
        name_en=welcome.name_en,
        centre=welcome.centre_url,
        begins_at=identity.begins_at,
        ends_at=identity.ends_at,
        renews_at=renews_at(identity),
    )


def _with_claim(standing: Standing, queued: QueuedClaim | None) -> Standing:
    if queued is None:
        return standing
    centre = standing.centre or queued.centre
    return replace(standing, centre=centre, queued_at=queued.queued_at)
