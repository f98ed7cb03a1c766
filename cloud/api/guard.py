"""Lets a request pass or not: who asks, may they, and did their own page ask."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Depends, Request

from cloud.access.origin import is_cross_site
from cloud.access.policy import Open, allows, rule_for
from cloud.access.scope import Reach, reach_of
from cloud.access.secrets import digest_of
from cloud.access.sessions import Identity, identity_of, prolonged
from cloud.api.deps import Centre
from cloud.api.problems import ProblemError
from cloud.api.scoped import ScopedCentre

COOKIE = "thacba_session"


def whole_centre_of(request: Request) -> Centre:
    """The centre that this app shows."""
    centre: Centre = request.app.state.centre
    return centre


def centre_of(request: Request) -> Centre:
    """The centre as far as whoever asks sees it; guard has run before every route."""
    seen: Centre | None = getattr(request.state, "centre", None)
    return seen if seen is not None else whole_centre_of(request)


async def _whole_centre(request: Request) -> Centre:
    """Asynchronous, as every dependency should be: a plain function would cost each request a worker thread."""
    return whole_centre_of(request)


async def _centre(request: Request) -> Centre:
    return centre_of(request)


WholeCentreDep = Annotated[Centre, Depends(_whole_centre)]
CentreDep = Annotated[Centre, Depends(_centre)]


def cookie_name(centre: Centre) -> str:
    """The session cookie's name; the prefix makes browsers refuse it from anywhere but this host over HTTPS."""
    return f"__Host-{COOKIE}" if centre.settings.cookie_secure else COOKIE


async def guard(request: Request, centre: WholeCentreDep) -> None:
    """Runs before every route: policy table, identity, origin, areas. Leaves identity and centre in `request.state`."""
    rule = rule_for(request.method, request.scope["route"].path)
    if is_cross_site(request.method, request.headers):
        raise ProblemError(403, "cross_site", "Another site made your browser send this request.")
    identity = await identify(request, centre)
    request.state.identity = identity
    if allows(rule, identity.role if identity else None):
        if identity is not None and not identity.scope.is_whole and rule is not Open.EVERYONE:
            await _narrow(request, centre, identity)
        return
    if identity is None and rule is not None and rule is not Open.EVERYONE:
        raise ProblemError(401, "not_logged_in", "Log in, or send a bearer token.")
    raise ProblemError(403, "forbidden", "Your role does not allow this.")


async def _narrow(request: Request, centre: Centre, identity: Identity) -> None:
    """From here on the route sees the areas of whoever asks, and nothing else."""
    reach = reach_of(request.method, request.scope["route"].path)
    if reach is Reach.PROVINCE:
        raise ProblemError(403, "whole_province", "This is for people who look after the whole province.")
    seen = ScopedCentre(centre, identity.scope)
    if reach is Reach.LOOKED_UP:
        await asyncio.to_thread(seen.look_up, request.path_params)
    request.state.centre = seen


async def identify(request: Request, centre: Centre) -> Identity | None:
    """Who asks, by bearer token or by session cookie; None = a stranger."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    secret = token.strip() if scheme.lower() == "bearer" else request.cookies.get(cookie_name(centre), "")
    if not secret:
        return None
    return await asyncio.to_thread(_look_up, centre, digest_of(secret))


def public_address(request: Request, centre: Centre) -> str:
    """How people reach the centre: as it is configured, else as this request has come; no slash at its end."""
    return (centre.settings.public_url or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")


def door_now(centre: Centre) -> int:
    """The time by which people are let in: the machine's, also while an exercise tells another one."""
    return (centre.settings.door_clock or centre.clock).now_ms()


def _look_up(centre: Centre, digest: str) -> Identity | None:
    now = door_now(centre)
    row = centre.state.secret(digest)
    identity = identity_of(row, centre.state.user(row.user) if row else None, now=now)
    if row is not None and identity is not None:
        longer = prolonged(row, now=now)
        if longer is not None:
            centre.state.put_secret(longer)
    return identity


async def is_still_valid(centre: Centre, identity: Identity) -> bool:
    """Whether somebody who asked long ago may still listen, and sees as far as then: long answers ask again."""
    found = await asyncio.to_thread(_look_up, centre, identity.digest)
    return found is not None and found.scope == identity.scope


async def identity_in(request: Request) -> Identity:
    """Who asks, on a route that strangers never reach."""
    identity: Identity | None = request.state.identity
    if identity is None:
        raise ProblemError(401, "not_logged_in", "Log in, or send a bearer token.")
    return identity


IdentityDep = Annotated[Identity, Depends(identity_in)]
