"""Desired configurations, roll-outs and requests in the same SQL database as the state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, func, select, update

from cloud.store.configuration_port import ConfigurationRow, MemberRow, RequestRow, RolloutRow
from cloud.store.configuration_tables import COMMAND_REQUEST, CONFIGURATION, ROLLOUT, ROLLOUT_MEMBER
from cloud.store.sql_door import Row, SqlDoor, append, as_dict, put

OPEN = ("asked", "running", "paused")
R = TypeVar("R")


class SqlConfigurationStore:
    """Keeps every version of every configuration; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def add(self, row: ConfigurationRow) -> None:
        """Keeps a version; StateConflictError when somebody else took its number."""
        with self._door.writing() as connection:
            append(connection, CONFIGURATION, [_packed(row)])

    def newest(self, gateway: str) -> ConfigurationRow | None:
        """What a gateway shall run."""
        return next(iter(self.versions(gateway, limit=1)), None)

    def newest_of_all(self) -> Sequence[ConfigurationRow]:
        """What every gateway shall run."""
        last = select(CONFIGURATION.c.gateway, func.max(CONFIGURATION.c.version).label("version"))
        newest = last.group_by(CONFIGURATION.c.gateway).subquery()
        same = (CONFIGURATION.c.gateway == newest.c.gateway) & (CONFIGURATION.c.version == newest.c.version)
        return self._configurations(select(CONFIGURATION).join(newest, same).order_by(CONFIGURATION.c.gateway))

    def versions(self, gateway: str, *, limit: int) -> Sequence[ConfigurationRow]:
        """Every version of a gateway, newest first."""
        query = select(CONFIGURATION).where(CONFIGURATION.c.gateway == gateway)
        return self._configurations(query.order_by(CONFIGURATION.c.version.desc()).limit(limit))

    def version(self, gateway: str, version: int) -> ConfigurationRow | None:
        """One version of a gateway."""
        which = (CONFIGURATION.c.gateway == gateway, CONFIGURATION.c.version == version)
        return next(iter(self._configurations(select(CONFIGURATION).where(*which))), None)

    def put_rollout(self, row: RolloutRow, members: Sequence[MemberRow] = ()) -> None:
        """Keeps a roll-out with these of its members, all of it or nothing."""
        with self._door.writing() as connection:
            put(connection, ROLLOUT, [as_dict(row)])
            put(connection, ROLLOUT_MEMBER, [as_dict(each) for each in members])

    def rollout(self, identifier: str) -> RolloutRow | None:
        """One roll-out."""
        return next(iter(self._rows(RolloutRow, select(ROLLOUT).where(ROLLOUT.c.id == identifier))), None)

    def rollouts(self, *, limit: int, open_only: bool = False) -> Sequence[RolloutRow]:
        """Roll-outs, newest first; `open_only`: those that somebody or time still moves."""
        query = select(ROLLOUT).order_by(ROLLOUT.c.at.desc(), ROLLOUT.c.id.desc()).limit(limit)
        return self._rows(RolloutRow, query.where(ROLLOUT.c.state.in_(OPEN)) if open_only else query)

    def members(self, rollout: str) -> Sequence[MemberRow]:
        """The gateways of a roll-out by wave and id."""
        query = select(ROLLOUT_MEMBER).where(ROLLOUT_MEMBER.c.rollout == rollout)
        return self._rows(MemberRow, query.order_by(ROLLOUT_MEMBER.c.wave, ROLLOUT_MEMBER.c.gateway))

    def put_request(self, row: RequestRow) -> None:
        """Keeps an order that waits, or what became of it."""
        with self._door.writing() as connection:
            put(connection, COMMAND_REQUEST, [as_dict(row)])

    def decide(self, row: RequestRow) -> bool:
        """Changes a request that still waits; False when somebody else was first."""
        which = (COMMAND_REQUEST.c.id == row.id, COMMAND_REQUEST.c.state == "waiting")
        with self._door.writing() as connection:
            changed = connection.execute(update(COMMAND_REQUEST).where(*which).values(**as_dict(row)))
            return changed.rowcount == 1

    def request(self, identifier: str) -> RequestRow | None:
        """One request."""
        query = select(COMMAND_REQUEST).where(COMMAND_REQUEST.c.id == identifier)
        return next(iter(self._rows(RequestRow, query)), None)

    def requests(self, *, limit: int, gateway: str | None = None) -> Sequence[RequestRow]:
        """Requests, newest first."""
        query = select(COMMAND_REQUEST).order_by(COMMAND_REQUEST.c.asked_at.desc(), COMMAND_REQUEST.c.id).limit(limit)
        return self._rows(RequestRow, query if gateway is None else query.where(COMMAND_REQUEST.c.gateway == gateway))

    def _configurations(self, query: Select[Any]) -> list[ConfigurationRow]:
        with self._door.reading() as connection:
            found = [dict(row) for row in connection.execute(query).mappings()]
        return [ConfigurationRow(**{**row, "sealed": json.loads(row["sealed"])}) for row in found]

    def _rows(self, kind: type[R], query: Select[Any]) -> list[R]:
        with self._door.reading() as connection:
            return [kind(**row) for row in connection.execute(query).mappings()]


def _packed(row: ConfigurationRow) -> Row:
    return {**as_dict(row), "sealed": json.dumps(dict(row.sealed), sort_keys=True)}
