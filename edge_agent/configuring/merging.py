"""Lays the tables of a configuration over those of gateway.toml, and puts secrets in their places; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from device_profiles.wire import Settings
from edge_agent.configuring.errors import ConfigurationError

Table: TypeAlias = dict[str, Any]
SEALED = "sealed:"
SECRET_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
OF_THE_BOX = frozenset({"id", "data_dir"})  # of [gateway]: who the box is, and where its data lie, is not configured


def settings_in(document: object) -> Settings:
    """The settings that somebody sends; ConfigurationError when they are none."""
    try:
        settings = msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        raise ConfigurationError("wrong", f"settings: {error}") from error
    of_the_box = sorted(OF_THE_BOX & set(settings.gateway or {}))
    if of_the_box:
        raise ConfigurationError("wrong", f"gateway.{of_the_box[0]} belongs to the box and cannot be configured")
    return settings


def over(before: Settings, then: Settings) -> Settings:
    """What somebody at the site changes: the tables that he names, the others stay."""
    named = {name: value for name, value in msgspec.structs.asdict(then).items() if value not in (None, "")}
    return msgspec.structs.replace(before, **named)


def merged(base: Table, settings: Settings) -> Table:
    """The tables of the file with those of the settings over them; of `gateway` each option alone."""
    table = {**base}
    if settings.gateway:
        table["gateway"] = {**base.get("gateway", {}), **settings.gateway}
    for name in ("devices", "broker", "outbox", "listen"):
        value = getattr(settings, name)
        if value is not None:
            table[name] = value
    return table


def secrets_named(value: object) -> Iterator[str]:
    """The names of the sealed secrets that tables refer to."""
    if isinstance(value, str) and value.startswith(SEALED):
        yield value.removeprefix(SEALED)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secrets_named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from secrets_named(inner)


def with_secrets(value: Any, files: Mapping[str, str]) -> Any:
    """The same tables with the file of each secret in the place of its name; ConfigurationError when one is missing."""
    if isinstance(value, str) and value.startswith(SEALED):
        name = value.removeprefix(SEALED)
        if name not in files:
            raise ConfigurationError("secret", f"the secret {name} is not on this gateway")
        return files[name]
    if isinstance(value, Mapping):
        return {key: with_secrets(inner, files) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [with_secrets(inner, files) for inner in value]
    return value


def proved_name(name: str) -> str:
    """The name of a secret, when it may be a file's name; ConfigurationError otherwise."""
    if not SECRET_NAME.fullmatch(name):
        raise ConfigurationError("secret", f"{name[:70]!r} cannot be the name of a secret")
    return name
