"""Which lines of a system log a point counts."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from device_profiles.basics import Key, Strict

# RFC 5424, table 2: the smaller, the graver
SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
Severity = Literal["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"]
Words = Annotated[tuple[str, ...], Field(max_length=64)]


class LineMatch(Strict):
    """What a line must be like; everything that is said here must hold, and letters count alike, large or small.

    There are no regular expressions: nothing that arrives, and nothing that is configured, can make matching slow.
    """

    app: Words = Field((), description="Program that wrote it: one of these.")
    severity: Severity | None = Field(None, description="At least as grave as this.")
    fields: dict[str, str | Words] = Field(
        default_factory=dict, description="Field of CEF, structured data or key=value text -> its value, or one of."
    )
    contains: Words = Field((), description="Pieces of text that all stand in the message.")
    any_of: Words = Field((), description="Pieces of text of which at least one stands in the message.")
    lacks: Words = Field((), description="Pieces of text of which none stands in the message.")
    least: dict[str, float] = Field(default_factory=dict, description="Field that holds a number -> at least this.")
    source_in: Key | None = Field(None, description="Where it comes from: a network that the connection names.")
    target_outside: Key | None = Field(
        None, description="Where it goes: not into this network; `private` needs no naming."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("a match says at least one thing; a point that counts every line has none")
        return self


class SyslogSource(Strict):
    """How many lines there were: of one kind or of several, since the last report or in a window that slides."""

    protocol: Literal["syslog"] = "syslog"
    matches: tuple[LineMatch, ...] = Field((), max_length=32, description="Counted when one of them fits; none: all.")
    window_s: int = Field(0, ge=0, le=86400, description="Length of the sliding window; 0 = since the last report.")
    event: Key | None = Field(None, description="Each such line is told as an event of this kind, too; within bounds.")
