"""To whom a notice goes: a channel by its name, whoever is on duty in a team, or one person."""

from __future__ import annotations

TEAM = "team:"
PERSON = "person:"


def team_recipient(team: str) -> str:
    """How a NoticeRow names a team."""
    return TEAM + team


def person_recipient(person: str) -> str:
    """How a NoticeRow names a person."""
    return PERSON + person


def team_of(recipient: str) -> str:
    """The team that is meant; empty when none is."""
    return recipient.removeprefix(TEAM) if recipient.startswith(TEAM) else ""


def person_of(recipient: str) -> str:
    """The person who is meant; empty when none is."""
    return recipient.removeprefix(PERSON) if recipient.startswith(PERSON) else ""
