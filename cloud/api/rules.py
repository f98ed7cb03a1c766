"""The rules: list, read, check, change, take back. Their files are the truth; every former text is kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from cloud.access.roles import Role
from cloud.access.sessions import Identity
from cloud.api.alarms import MAX_COMMENT
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.problems import ProblemError
from cloud.api.rule_book import Edit, RuleRefusedError
from cloud.api.rule_views import (
    FaultView,
    RuleDetail,
    RuleView,
    VerdictView,
    VersionDetail,
    VersionView,
    fault_view,
    rule_detail,
    rule_view,
    verdict_view,
    version_detail,
    version_view,
)
from cloud.rules.proof import Draft, Sheet, id_in
from cloud.rules.rule import Rule
from device_profiles.schema import Key

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])
MAX_TEXT = 64 * 1024

RuleId = Annotated[Key, InPath(description="Id of the rule; also the name of its file.")]
IfMatch = Annotated[str, Header(alias="If-Match", max_length=80, description="The `etag` that you read.")]
RuleState = Literal["any", "faulted", "open", "red", "untested", "unconfirmed"]


class RuleText(BaseModel):
    """A rule as its file shall be, and its test file; every comment in them is kept."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=MAX_TEXT, description="The TOML text of the rule.")
    tests: str = Field("", max_length=MAX_TEXT, description="The TOML text of its tests.")


class RuleDraft(RuleText):
    """A text to be checked; without an id, the id in the text counts."""

    id: Key | None = None


class RuleChange(RuleText):
    """A text to be kept, and why. `alone`: an administrator cannot wait for a second person."""

    comment: str = Field("", max_length=MAX_COMMENT)
    alone: bool = False


class Waiting(BaseModel):
    """The change waits for a second person, who switches it on at `/rules/{rule}/proposal`."""

    rule: str
    waits: Literal[True] = True


WAITS: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": Waiting, "description": "It waits for a second person."}
}


class Why(BaseModel):
    """Why somebody does it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    comment: str = Field("", max_length=MAX_COMMENT)


class RulePage(Page[RuleView]):
    """Rules by id. `faults`: why the files, when they were read last, were not taken; the former set runs on."""

    faults: list[FaultView] = Field(default_factory=list)


@router.get("", summary="The rules that run")
async def list_rules(
    centre: CentreDep,
    q: Annotated[str, Query(max_length=100, description="Words in id, texts, owner or profile.")] = "",
    state: RuleState = "any",
    severity: Annotated[int | None, Query(ge=1, le=4, description="Some level has it.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> RulePage:
    """By id; with the faults of files that were not taken."""
    running = centre.rules.running.rules.values()
    views = [each for each in await rule_views(centre, running) if fits(each, q, state, severity)]
    page = page_of(views, lambda each: each.id, cursor=cursor, limit=limit)
    faults = [fault_view(each, Sheet("")) for each in centre.rules.faults]
    return RulePage(items=page.items, next=page.next, faults=faults)


@router.post("/check", summary="Check a text, and try it on its tests")
async def check_rule_text(draft: Annotated[RuleDraft, Body()], centre: CentreDep) -> VerdictView:
    """Everything that is wrong, at once, and what became of each case. Changes nothing."""
    wanted = Draft(draft.id or id_in(draft.text), Sheet(draft.text, draft.tests))
    verdict = await centre.rules.check(wanted)
    return verdict_view(wanted, verdict)


@router.get("/{rule}", summary="One rule in full")
async def one_rule(rule: RuleId, centre: CentreDep, response: Response) -> RuleDetail:
    """Its model, its texts, what it does in words, its cases and versions. The ETag is what PUT asks for."""
    detail = await detail_of(centre, rule)
    response.headers["ETag"] = f'"{detail.etag}"'
    return detail


@router.get("/{rule}/versions", summary="Every version of a rule")
async def list_versions(rule: RuleId, centre: CentreDep) -> Page[VersionView]:
    """Newest first; also of a rule that was deleted."""
    rows = [row for row in await centre.rules.versions(rule) if row.kept]
    if not rows:
        raise UnknownThingError(f"There is no rule {rule!r}.")
    return Page(items=[version_view(row) for row in rows], next=None)


@router.get("/{rule}/versions/{revision}", summary="One version of a rule, and what has changed since")
async def one_version(rule: RuleId, revision: int, centre: CentreDep) -> VersionDetail:
    """`revision` counts the changes of the rule; its `version` is what the text says of itself."""
    rows = await centre.rules.versions(rule)
    row = next((each for each in rows if each.revision == revision and each.kept), None)
    if row is None:
        raise UnknownThingError(f"There is no revision {revision} of the rule {rule!r}.")
    now = await centre.rules.sheet(rule) if rule in centre.rules.running.rules else Sheet("")
    return version_detail(row, now)


@router.put("/{rule}", summary="Change a rule, or add one", responses=WAITS)
async def put_rule(
    rule: RuleId,
    change: Annotated[RuleChange, Body()],
    response: Response,
    centre: CentreDep,
    identity: IdentityDep,
    if_match: IfMatch = "",
) -> RuleDetail | Waiting:
    """Refused with all faults at once; its cases must be green, and `version` must rise. Then the new set runs.

    Where rules need two people, it waits for the second one (202), unless an administrator has to do it `alone`.
    """
    draft, book = Draft(rule, Sheet(change.text, change.tests)), centre.rules
    _need_match(centre, rule, if_match)
    edit = _edit(identity, change.comment.strip(), if_match)
    alone = change.alone and book.proposals.needed
    if alone:
        _may_act_alone(identity, edit)
    try:
        if book.proposals.needed and not alone:
            await book.proposals.propose(draft, edit)
            return await _waits(centre, edit, rule, response)
        is_new = await book.save(draft, edit)
    except RuleRefusedError as error:
        raise refused(error, draft.sheet) from error
    action = "rule_save_alone" if alone else "rule_save"
    await write_audit(centre, actor=identity.name, action=action, target=rule, detail=edit.comment)
    response.status_code = 201 if is_new else 200
    return await one_rule(rule, centre, response)


@router.delete("/{rule}", status_code=204, summary="Delete a rule", responses=WAITS)
async def delete_rule(
    rule: RuleId,
    centre: CentreDep,
    identity: IdentityDep,
    if_match: IfMatch = "",
    comment: Annotated[str, Query(max_length=MAX_COMMENT)] = "",
) -> Response:
    """Its open alarms are cleared; its versions stay, and `restore` brings it back. With two people it waits (202)."""
    _need_match(centre, rule, if_match)
    edit = _edit(identity, comment.strip(), if_match)
    try:
        if centre.rules.proposals.needed:
            await centre.rules.proposals.propose_end(rule, edit)
            waiting = await _waits(centre, edit, rule, Response())
            return JSONResponse(waiting.model_dump(), 202)
        await centre.rules.delete(rule, edit)
    except RuleRefusedError as error:
        raise refused(error, Sheet("")) from error
    await write_audit(centre, actor=identity.name, action="rule_delete", target=rule, detail=edit.comment)
    return Response(status_code=204)


@router.post("/{rule}/restore/{version}", summary="Go back to a former version", responses=WAITS)
async def restore_rule(
    rule: RuleId,
    version: int,
    why: Annotated[Why, Body()],
    response: Response,
    centre: CentreDep,
    identity: IdentityDep,
    if_match: IfMatch = "",
) -> RuleDetail | Waiting:
    """The former text and tests come back under a new number, and are checked as any change is; it may wait (202)."""
    _need_match(centre, rule, if_match)
    edit = _edit(identity, why.comment, if_match)
    try:
        if centre.rules.proposals.needed:
            await centre.rules.proposals.propose_former(rule, version, edit)
            return await _waits(centre, edit, rule, response)
        await centre.rules.restore(rule, version, edit)
    except RuleRefusedError as error:
        raise refused(error, Sheet("")) from error
    detail = f"{version}: {why.comment}"
    await write_audit(centre, actor=identity.name, action="rule_restore", target=rule, detail=detail)
    return await one_rule(rule, centre, response)


async def _waits(centre: Centre, edit: Edit, rule: str, response: Response) -> Waiting:
    await write_audit(centre, actor=edit.actor, action="rule_propose", target=rule, detail=edit.comment)
    response.status_code = 202
    return Waiting(rule=rule)


def _may_act_alone(identity: Identity, edit: Edit) -> None:
    if not identity.role.includes(Role.ADMIN):
        raise ProblemError(403, "forbidden", "Only an administrator may change a rule alone.")
    if not edit.comment:
        raise ProblemError(422, "no_reason", "Say in `comment` why nobody else could look at it.")


async def rule_views(centre: Centre, rules: Iterable[Rule]) -> list[RuleView]:
    """These rules as a list shows them."""
    rows = await asyncio.to_thread(centre.open_alarms)
    opened, broken, book = Counter(row.rule for row in rows), centre.rules.broken(), centre.rules
    return [
        rule_view(rule, book.last_verdict(rule.id), faulted=broken.get(rule.id, ""), alarms_open=opened[rule.id])
        for rule in rules
    ]


async def detail_of(centre: Centre, rule: str) -> RuleDetail:
    """One rule; UnknownThingError."""
    running = centre.rules.running.rules.get(rule)
    if running is None:
        raise UnknownThingError(f"There is no rule {rule!r}.")
    sheet, verdict = await centre.rules.sheet(rule), await centre.rules.verdict(rule)
    (view,) = await rule_views(centre, [running])
    rows = await centre.rules.versions(rule)
    return rule_detail(view, running, sheet, verdict=verdict, differs=centre.rules.differs(rule, sheet), rows=rows)


def fits(view: RuleView, q: str, state: RuleState, severity: int | None) -> bool:
    """Whether a rule is one that the list asks for; every word of `q` must be in it."""
    words = " ".join((view.id, view.text.vi, view.text.en, view.owner, view.profile, view.point, view.kind)).casefold()
    wanted = {
        "any": True,
        "faulted": bool(view.faulted),
        "open": view.alarms_open > 0,
        "red": view.tests == "red",
        "untested": view.tests == "none",
        "unconfirmed": not view.confirmed,
    }
    has_severity = severity is None or any(level.severity == severity for level in view.levels)
    return wanted[state] and has_severity and all(word in words for word in q.casefold().split())


def _need_match(centre: Centre, rule: str, if_match: str) -> None:
    if not if_match and rule in centre.rules.running.rules:
        raise ProblemError(428, "no_match", "Send the rule's ETag as If-Match, so that nobody's change gets lost.")


def _edit(identity: Identity, comment: str, if_match: str) -> Edit:
    return Edit(identity.name, comment, if_match.removeprefix("W/").strip('"'))


def refused(error: RuleRefusedError, sheet: Sheet) -> ProblemError:
    """What a refused draft is answered with: every fault."""
    faults = [fault_view(each, sheet) for each in error.faults]
    first = faults[0]
    where = f"{first.file}: {first.key}" if first.key else first.file
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return ProblemError(422, "rule_refused", f"{where}: {first.reason}{more}", more=[_plain(each) for each in faults])


def _plain(fault: FaultView) -> dict[str, object]:
    return {name: getattr(fault, name) for name in FaultView.__dataclass_fields__}
