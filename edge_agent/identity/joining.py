"""Joins a centre with a claim: queued on disk first, tried until it is done, the same key at every try."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from device_profiles.wire import WireError
from device_profiles.wire.claims import JOIN_PATH, JoinAnswer, JoinRequest, join_answer_of, parse_claim
from edge_agent.clockwatch import ClockWatch
from edge_agent.identity.centre import Answer, CentreDoor, Question, pinned_authorities, trouble_of
from edge_agent.identity.errors import AwayError, IdentityError, PapersError, RefusedError
from edge_agent.identity.papers import Identity, prove, read_certificates, request_pem, signing_request
from edge_agent.identity.store import IdentityStore, QueuedClaim

log = logging.getLogger(__name__)

CODE_OF_WIRE = {"centre": "centre_unknown"}
CREATED = 201


@dataclass(frozen=True, slots=True)
class Box:
    """What this box says of itself while it joins."""

    serial: str
    agent: str


class Joiner:
    """Brings a claim to the centre. `queue` and then `attempt`, as often as it takes; a kill between any two steps is

    the same as an attempt that failed: the claim and its key are on disk before the centre hears of them.
    """

    def __init__(
        self, store: IdentityStore, *, clock: ClockWatch, box: Callable[[], Box], centre: Callable[[], str] = str
    ) -> None:
        """`centre` is asked for the centre's address when a claim does not name one."""
        self._store = store
        self._clock = clock
        self._box = box
        self._centre = centre

    def queue(self, text: str, *, centre: str = "", anew: bool = False) -> QueuedClaim:
        """Keeps a code or a link; RefusedError when it is none, or when this gateway has joined and `anew` is not said.

        `centre` may carry a pin: `https://centre.example/#pin=<64 hex digits>`.
        """
        address, _, fragment = (centre or self._centre()).partition("#")
        pin = fragment.removeprefix("pin=").strip().lower() if fragment.startswith("pin=") else ""
        try:
            claim = parse_claim(text, centre=address)
        except WireError as error:
            code = CODE_OF_WIRE.get(error.reason, "claim_unreadable")
            raise RefusedError(code, error.detail) from error
        known = self._store.claim()
        if known is not None and (known.centre, known.code) == (claim.centre, claim.code) and not known.refused:
            return known
        member = self._member()
        if member is not None and not anew:
            raise RefusedError("joined_already", member)
        queued = QueuedClaim(claim.centre, claim.code, claim.pin or pin, queued_at=self._clock.now_ms())
        if not self._store.serial():
            self._store.keep_serial(self._box().serial)
        self._store.queue(queued)
        log.info("claim queued", extra={"centre": queued.centre})
        return queued

    async def attempt(self, queued: QueuedClaim) -> Identity:
        """One try: AwayError when it is worth another one, RefusedError when it is not; then the claim says so."""
        try:
            identity = await self._join(queued)
        except (RefusedError, PapersError) as error:
            if self._store.claim() == queued:  # else somebody has brought another one meanwhile
                self._store.queue(msgspec.structs.replace(queued, refused=error.code, detail=error.detail))
            log.warning("claim refused", extra={"reason": error.code, "detail": error.detail})
            raise
        log.info("gateway joined", extra={"gateway": identity.gateway, "site": identity.welcome.site})
        return identity

    async def _join(self, queued: QueuedClaim) -> Identity:
        key = self._store.claim_key()
        box = self._box()
        authorities = await pinned_authorities(queued.centre, queued.pin) if queued.pin else ""
        door = CentreDoor(queued.centre, authorities=authorities, with_dates=self._clock.state() == "good")
        csr = request_pem(signing_request(key, name=box.serial or "gateway"))
        body = msgspec.json.encode(JoinRequest(queued.code, csr, box.serial, box.agent))
        try:
            answer = await door.ask(Question("POST", JOIN_PATH, body))
        except AwayError as error:
            if queued.pin and error.code == "authority_unknown":
                raise AwayError("authority_other", error.detail) from error
            raise
        if not answer.good:
            raise trouble_of(answer)
        return self._taken(answer, queued)

    def _taken(self, answer: Answer, queued: QueuedClaim) -> Identity:
        try:
            said = join_answer_of(answer.body)
        except WireError as error:
            raise AwayError("answer_wrong", error.detail) from error
        if not said.welcome.centre_url:
            welcome = msgspec.structs.replace(said.welcome, centre_url=queued.centre)
            said = msgspec.structs.replace(said, welcome=welcome)
        now = self._clock.now_ms() if self._clock.state() == "good" else answer.date_ms
        prove(_identity_in(said, self._store), now=now)
        return self._store.take(said)

    def _member(self) -> str | None:
        """The gateway that this box is already; None for a box without one, or with one that is revoked."""
        try:
            known = self._store.load()
        except IdentityError:
            return ""  # something is there, and it is damaged
        revoked = self._store.revoked()
        if known is None or (revoked is not None and revoked.certificate == known.number):
            return None
        return known.gateway


def _identity_in(said: JoinAnswer, store: IdentityStore) -> Identity:
    """The identity that the answer would make, to be proved before anything is written."""
    certificate, *more = read_certificates(said.certificate.encode())
    chain = read_certificates(said.chain.encode()) if said.chain.strip() else ()
    authorities = read_certificates(said.authorities.encode())
    if said.gateway != said.welcome.gateway:
        raise PapersError("other_name", f"{said.gateway!r} and {said.welcome.gateway!r}")
    if said.welcome.broker_authorities.strip():
        read_certificates(said.welcome.broker_authorities.encode())
    return Identity(said.gateway, store.claim_key(), certificate, (*more, *chain), authorities, said.welcome)
