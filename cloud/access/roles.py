"""The four roles, each of which may do all that the one before it may."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the centre; the order of the members is the order of their rights."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """True when this role may do whatever the other may."""
        return _RANK[self] >= _RANK[other]


_RANK = {role: rank for rank, role in enumerate(Role)}
