"""Step 1: the claim of the label goes to the centre; without a link it waits on the gateway."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from device_profiles.wire.claims import parse_claim
from device_profiles.wire.errors import WireError
from edge_agent.control.protocol import ControlError
from edge_agent.identity.words import WORDS, sentences
from edge_agent.page.cabinet import Glance, look
from edge_agent.page.door import EntryError, first, form_of, go, known
from edge_agent.page.render import cabinet_of, page, part, taste_of
from edge_agent.page.signs import number_in, text_in
from edge_agent.page.signs import part as part_of
from edge_agent.page.welcome import welcome_at
from edge_agent.page.words import Language

router = APIRouter(include_in_schema=False, dependencies=[Depends(known)])
SENTENCES = {"code": "join.code_wrong", "centre": "join.link_wrong", "claim": "join.pin_wrong"}


@router.get("/join")
async def join_page(request: Request, other: bool = False) -> HTMLResponse:
    """The whole screen; `other` offers the form although a claim is known."""
    return await _shown(request, other=other)


@router.get("/part/join")
async def join_part(request: Request) -> HTMLResponse:
    """How far the claim is."""
    cabinet = cabinet_of(request)
    glance = await look(cabinet)
    return part(request, "part_join.html", **_standing(glance, taste_of(request).language), welcome=welcome_at(cabinet))


@router.post("/join")
async def join(request: Request) -> Response:
    """Hands the claim to the agent, which keeps it first and asks the centre then."""
    form = await form_of(request)
    link, code = first(form, "link", most=2000), first(form, "code", most=100)
    typed = link or code
    centre = first(form, "centre")
    try:
        claim = _claim_in(typed, centre)
    except EntryError as error:
        return await _shown(request, other=True, mistake=error.sentence(request), typed=(code, centre), status=422)
    try:
        await cabinet_of(request).agent.ask("join", {**claim, "anew": "anew" in form, "wait_s": 0})
    except ControlError as error:
        if error.what not in WORDS:
            raise
        said = sentences(error.what, error.why)
        language = taste_of(request).language
        mistake = f"{said[f'what_{language}']} {said[f'hint_{language}']}"
        return await _shown(request, other=True, mistake=mistake, typed=(code, centre), status=409)
    return go("/join")


def _claim_in(typed: str, centre: str) -> dict[str, str]:
    """The claim as the agent takes it; EntryError says what is wrong with it."""
    if not typed:
        raise EntryError("join.code_missing")
    try:
        parse_claim(typed, centre=centre or "https://unknown.invalid")  # the agent may know the centre
    except WireError as error:
        raise EntryError(SENTENCES.get(error.reason, "join.code_wrong")) from error
    return {"claim": typed, "centre": centre}


async def _shown(
    request: Request, *, other: bool, mistake: str = "", typed: tuple[str, str] = ("", ""), status: int = 200
) -> HTMLResponse:
    cabinet = cabinet_of(request)
    glance = await look(cabinet)
    standing = _standing(glance, taste_of(request).language)
    return page(
        request,
        "join.html",
        glance,
        status=status,
        shown=standing,
        welcome=welcome_at(cabinet),
        asks=other or standing["state"] in ("none", "refused", "revoked", "damaged"),
        mistake=mistake,
        typed=typed,
    )


def _standing(glance: Glance, language: Language) -> dict[str, object]:
    """The state of the claim and what the agent says of it, in the viewer's language."""
    identity = glance.identity
    fault = part_of(identity, "fault")
    return {
        "state": "away" if glance.status is None else text_in(identity, "state") or "none",
        "identity": identity,
        "fault_what": text_in(fault, f"what_{language}"),
        "fault_hint": text_in(fault, f"hint_{language}"),
        "next_try_s": number_in(identity, "next_try_in_s"),
    }
