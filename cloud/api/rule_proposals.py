"""Changes of rules that wait for a second pair of eyes: list, read, switch on, refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Query

from cloud.api.alarms import MAX_COMMENT
from cloud.api.audit import write_audit
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Page
from cloud.api.rule_book import RuleRefusedError
from cloud.api.rule_views import VerdictView, difference, verdict_view
from cloud.api.rules import RuleId, Why, refused
from cloud.rules.proof import Draft, Sheet
from cloud.store.rule_proposal_port import RuleProposalRow

router = APIRouter(prefix="/api/v1", tags=["rules"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """A change that waits: who wants it since when and why; `what` is saved, restored or deleted."""

    rule: str
    what: str
    actor: str
    at: int
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDetail(ProposalView):
    """A change with its texts. `outdated`: the rule has changed meanwhile, so it can only be refused."""

    toml: str
    tests_toml: str
    difference: tuple[str, ...]
    outdated: bool
    verdict: VerdictView | None


@router.get("/rule-proposals", summary="Changes of rules that wait for a second person")
async def list_proposals(centre: CentreDep) -> Page[ProposalView]:
    """By rule."""
    return Page(items=[proposal_view(row) for row in await centre.rules.proposals.all()], next=None)


@router.get("/rules/{rule}/proposal", summary="The change of a rule that waits")
async def one_proposal(rule: RuleId, centre: CentreDep) -> ProposalDetail:
    """What would change, and how its tests come out now."""
    return await proposal_detail(centre, await centre.rules.proposals.one(rule))


@router.post("/rules/{rule}/proposal/switch-on", summary="Switch on the change of somebody else")
async def switch_on(
    rule: RuleId, why: Annotated[Why, Body()], centre: CentreDep, identity: IdentityDep
) -> ProposalView:
    """Checked once more; then the new set runs. Nobody switches on what he wrote himself."""
    try:
        row = await centre.rules.proposals.switch_on(rule, identity.name, why.comment)
    except RuleRefusedError as error:
        raise refused(error, Sheet("")) from error
    detail = f"{row.what} by {row.actor}: {why.comment}"
    await write_audit(centre, actor=identity.name, action="rule_switch_on", target=rule, detail=detail)
    return proposal_view(row)


@router.delete("/rules/{rule}/proposal", status_code=204, summary="Refuse or take back a change that waits")
async def withdraw(
    rule: RuleId,
    centre: CentreDep,
    identity: IdentityDep,
    comment: Annotated[str, Query(max_length=MAX_COMMENT)] = "",
) -> None:
    """By its author, or by whoever will not have it; the rule stays as it is."""
    row = await centre.rules.proposals.withdraw(rule)
    detail = f"{row.what} by {row.actor}: {comment.strip()}"
    await write_audit(centre, actor=identity.name, action="rule_withdraw", target=rule, detail=detail)


def proposal_view(row: RuleProposalRow) -> ProposalView:
    """A change as lists show it."""
    return ProposalView(rule=row.rule, what=row.what, actor=row.actor, at=row.at, comment=row.comment)


async def proposal_detail(centre: Centre, row: RuleProposalRow) -> ProposalDetail:
    """A change beside what runs."""
    is_running = row.rule in centre.rules.running.rules
    now = await centre.rules.sheet(row.rule) if is_running else Sheet("")
    draft = Draft(row.rule, Sheet(row.text, row.tests))
    verdict = None if row.what == "deleted" else verdict_view(draft, await centre.rules.check(draft))
    return ProposalDetail(
        rule=row.rule,
        what=row.what,
        actor=row.actor,
        at=row.at,
        comment=row.comment,
        toml=row.text,
        tests_toml=row.tests,
        difference=(*difference(now.text, row.text), *difference(now.tests, row.tests)),
        outdated=row.base != (now.etag if is_running else ""),
        verdict=verdict,
    )
