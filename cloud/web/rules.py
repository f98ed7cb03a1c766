"""The pages of rules: what runs, how its tests stand, and an editor with a rehearsal beside it."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor
from cloud.api.rule_proposals import list_proposals, one_proposal
from cloud.api.rules import RuleState, detail_of, list_rules, one_version
from cloud.web.render import page
from device_profiles.schema import Key

router = APIRouter(include_in_schema=False)
PER_PAGE = 50
_PLACEHOLDER = re.compile(r"\{[a-z]+\}")  # known only when the rule speaks
STATES: tuple[RuleState, ...] = ("any", "open", "faulted", "red", "untested", "unconfirmed")


@router.get("/rules")
async def rules_page(
    request: Request,
    centre: CentreDep,
    q: Annotated[str, Query(max_length=100)] = "",
    state: RuleState = "any",
    severity: Annotated[str, Query(pattern="^[1-4]?$")] = "",
    cursor: Cursor = None,
) -> HTMLResponse:
    """Every rule that runs; the filters live in the address."""
    wanted = int(severity) if severity else None
    found = await list_rules(centre, q=q, state=state, severity=wanted, cursor=cursor, limit=PER_PAGE)
    return page(
        request,
        "rules.html",
        found=found,
        q=q,
        state=state,
        states=STATES,
        severity=severity,
        cursor=cursor,
        total=len(centre.rules.running.rules),
        proposals=(await list_proposals(centre)).items,
        named=named,
    )


@router.get("/rules/{rule}")
async def rule_page(
    request: Request,
    rule: Annotated[Key, InPath()],
    centre: CentreDep,
    identity: IdentityDep,
    revision: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """One rule: in words, its levels, tests and versions, and for engineers the editor."""
    return page(
        request,
        "rule.html",
        rule=await detail_of(centre, rule),
        former=await one_version(rule, revision, centre) if revision is not None else None,
        named=named,
        may_edit=identity.role.includes(Role.ENGINEER),
        needs_two=centre.rules.proposals.needed,
        may_act_alone=identity.role.includes(Role.ADMIN),
        waits=await centre.rules.proposals.waits(rule),
    )


@router.get("/rules/{rule}/proposal")
async def proposal_page(
    request: Request, rule: Annotated[Key, InPath()], centre: CentreDep, identity: IdentityDep
) -> HTMLResponse:
    """A change that waits for a second pair of eyes: what it changes, how its tests come out, who may let it run."""
    proposal = await one_proposal(rule, centre)
    return page(
        request,
        "rule_proposal.html",
        proposal=proposal,
        may_act=identity.role.includes(Role.ENGINEER),
        is_own=identity.name == proposal.actor,
    )


def named(text: str) -> str:
    """What a rule would say, with an ellipsis for what it does not know yet."""
    return _PLACEHOLDER.sub("…", text)
