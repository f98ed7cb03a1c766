"""The life of an incident as one table: the provincial workflow with its side states, and who may make which move."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from cloud.access.roles import Role
from cloud.errors import CloudError


class IncidentState(StrEnum):
    """Where an incident stands; the words of the provincial regulations stand behind each."""

    NEW = "new"  # Mới
    RECEIVED = "received"  # Tiếp nhận
    CLASSIFIED = "classified"  # Phân loại
    DISPATCHED = "dispatched"  # Chuyển xử lý
    IN_PROGRESS = "in_progress"  # Đang xử lý
    RESOLVED = "resolved"  # Đã xử lý
    CHECKING = "checking"  # Kiểm tra
    CLOSED = "closed"  # Đóng
    WAITING = "waiting"  # Tạm dừng/chờ
    RETURNED = "returned"  # Trả lại (sai thẩm quyền)
    DUPLICATE = "duplicate"  # Trùng
    REJECTED = "rejected"  # Từ chối
    REOPENED = "reopened"  # Mở lại


class Move(StrEnum):
    """What somebody can do with an incident."""

    RECEIVE = "receive"
    CLASSIFY = "classify"
    DISPATCH = "dispatch"
    START = "start"
    RESOLVE = "resolve"
    CHECK = "check"
    CLOSE = "close"
    PAUSE = "pause"
    RESUME = "resume"
    RETURN = "return"
    MERGE = "merge"
    REJECT = "reject"
    REOPEN = "reopen"


class Conclusion(StrEnum):
    """What an incident proved to be; without it nobody can say how many alarms were false."""

    REAL = "real"  # Có thật
    FALSE = "false"  # Báo sai
    TEST = "test"  # Thử, diễn tập


class IncidentError(CloudError):
    """The incident cannot do this where it stands, or something is missing for it; nothing has changed."""


S, M = IncidentState, Move
TABLE: Mapping[tuple[IncidentState, Move], IncidentState] = MappingProxyType(
    {
        (S.NEW, M.RECEIVE): S.RECEIVED,
        (S.RECEIVED, M.CLASSIFY): S.CLASSIFIED,
        (S.CLASSIFIED, M.CLASSIFY): S.CLASSIFIED,  # a second look
        (S.CLASSIFIED, M.DISPATCH): S.DISPATCHED,
        (S.DISPATCHED, M.START): S.IN_PROGRESS,
        (S.IN_PROGRESS, M.RESOLVE): S.RESOLVED,
        (S.RESOLVED, M.CHECK): S.CHECKING,
        (S.CHECKING, M.CLOSE): S.CLOSED,
        (S.DISPATCHED, M.RETURN): S.RETURNED,
        (S.IN_PROGRESS, M.RETURN): S.RETURNED,
        (S.RETURNED, M.CLASSIFY): S.CLASSIFIED,
        (S.RETURNED, M.DISPATCH): S.DISPATCHED,
        (S.REOPENED, M.CLASSIFY): S.CLASSIFIED,
        (S.REOPENED, M.DISPATCH): S.DISPATCHED,
        (S.REOPENED, M.START): S.IN_PROGRESS,
        (S.RESOLVED, M.REOPEN): S.REOPENED,
        (S.CHECKING, M.REOPEN): S.REOPENED,
        (S.CLOSED, M.REOPEN): S.REOPENED,
        (S.REJECTED, M.REOPEN): S.REOPENED,
        **{(state, M.REJECT): S.REJECTED for state in (S.NEW, S.RECEIVED, S.CLASSIFIED, S.RETURNED)},
        **{
            (state, M.MERGE): S.DUPLICATE
            for state in (S.NEW, S.RECEIVED, S.CLASSIFIED, S.DISPATCHED, S.IN_PROGRESS, S.RETURNED, S.REOPENED)
        },
        **{(state, M.PAUSE): S.WAITING for state in (S.RECEIVED, S.CLASSIFIED, S.DISPATCHED, S.IN_PROGRESS)},
    }
)
PAUSABLE = frozenset(state for state, move in TABLE if move is M.PAUSE)  # where RESUME may lead back to
ENDED = frozenset((S.CLOSED, S.DUPLICATE, S.REJECTED))
NEEDS_REASON = frozenset((M.PAUSE, M.RETURN, M.REJECT, M.REOPEN, M.RESOLVE))  # RESOLVE: what was done (biên bản)
CONCLUDES = frozenset((Move.RESOLVE, Move.REJECT, Move.CLOSE))  # with these somebody may say what it was

# The officer on duty (trực ban) works an incident; what ends or revives one is for the shift leader (trưởng ca), who is
# an engineer here until there is a role of that name.
_LEADERS = (M.CLOSE, M.REJECT, M.REOPEN)
ROLE_OF: Mapping[Move, Role] = MappingProxyType(
    {move: Role.ENGINEER if move in _LEADERS else Role.OPERATOR for move in Move}
)


def after(state: str, move: Move, *, waits_from: str = "") -> IncidentState:
    """The state behind a move; IncidentError for a pair that the table does not have.

    RESUME alone depends on the past: it leads back to where the incident waits from.
    """
    if state == S.WAITING and move is M.RESUME and waits_from in PAUSABLE:
        return IncidentState(waits_from)
    found = TABLE.get((IncidentState(state), move))
    if found is None:
        raise IncidentError(f"an incident that is {state} cannot {move}")
    return found


def moves_from(state: str, role: Role) -> tuple[Move, ...]:
    """What somebody of this role may do with an incident in this state, in the order of the workflow."""
    return tuple(
        move
        for move in Move
        if role.includes(ROLE_OF[move])
        and ((IncidentState(state), move) in TABLE or (state == S.WAITING and move is M.RESUME))
    )


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    arrows = [f"    {state} --> {then}: {move}" for (state, move), then in TABLE.items()]
    arrows += [f"    {S.WAITING} --> {state}: {M.RESUME}" for state in IncidentState if state in PAUSABLE]
    return "\n".join(("stateDiagram-v2", f"    [*] --> {S.NEW}", *arrows)) + "\n"
