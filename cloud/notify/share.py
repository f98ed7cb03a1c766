"""Hands a notice for a team to whoever is on duty, and one for somebody who is away to the deputy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from cloud.notify.chain import failed
from cloud.notify.content import encode_content
from cloud.notify.lines import read
from cloud.notify.recipient import person_of, person_recipient, team_of
from cloud.people.duty import on_duty, stand_in
from cloud.people.people import People
from cloud.store.notice_port import NoticeChange
from cloud.store.rows import NoticeRow

SHARED = "shared"


def share(row: NoticeRow, people: People, *, now: int) -> NoticeChange | None:
    """What becomes of a notice that is not for its recipient themself; None when it is."""
    team, person = team_of(row.channel), person_of(row.channel)
    if team:
        if team not in people.teams:
            return NoticeChange([failed(row, f"there is no team {team}")])
        return _handed(row, on_duty(people, team, now), now)
    if person and person not in people.persons:
        return NoticeChange([failed(row, f"there is no person {person}")])
    if person and not row.attempts and not row.via and row.state == "pending":
        instead = stand_in(people, person, now)
        return None if instead == person else _handed(row, (instead,), now)
    return None


def _handed(row: NoticeRow, persons: Iterable[str], now: int) -> NoticeChange:
    """The key says alarm, level and person: who is in two teams is told once, and a restart makes the same keys."""
    content = read(row).content
    if content is None:
        return NoticeChange([failed(row, "its text cannot be read")])
    stem = row.key.removesuffix(row.channel) if row.key.endswith(f":{row.channel}") else f"{row.key}:"
    new = []
    for person in persons:
        recipient = person_recipient(person)
        key = f"{stem}{recipient}"
        body = encode_content(msgspec.structs.replace(content, key=key))
        new.append(replace(row, key=key, channel=recipient, body=body, due_at=now, step=0, since=0, error=""))
    return NoticeChange([replace(row, state=SHARED, error=", ".join(persons))], new)
