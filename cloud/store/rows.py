"""The rows of the state store: what must be kept or changed all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AccountRow:
    """The ledger's account of one epoch of one gateway, as it is kept. Ranges are JSON texts owned by cloud/ingest."""

    gateway: str
    epoch: str
    account: str
    updated_at: int


@dataclass(frozen=True, slots=True)
class RuleStateRow:
    """Where one rule stands with one device; `state` None deletes the row. JSON text owned by cloud/rules."""

    rule: str
    gateway: str
    device: str
    state: str | None


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm as it stands now. Times in ms since 1970 UTC; state words of ISA-18.2.

    `open` is true until the alarm is back to normal (cleared and acknowledged); the database allows one open alarm
    per (rule, gateway, device).
    """

    id: str
    rule: str
    rule_version: str
    site: str
    gateway: str
    device: str
    point: str
    state: str
    open: bool
    level: str
    severity: int
    value: float | None
    threshold: float | None
    text_vi: str
    text_en: str
    raised_at: int
    received_at: int
    changed_at: int
    cleared_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str = ""
    assignee: str = ""
    activations: int = 1  # how often it was raised


@dataclass(frozen=True, slots=True)
class AlarmHistoryRow:
    """One thing that happened to an alarm: raised, escalated, eased, cleared, acknowledged, commented, missed."""

    alarm: str
    at: int
    observed_at: int
    what: str
    level: str
    value: float | None
    actor: str
    comment: str


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice to one recipient (`channel`): a channel, `team:<id>` or `person:<id>`.

    `key` makes it happen once (also sent as Idempotency-Key). `step` says how far along the person's chain of channels
    it is, and `since` from when on. `digest`: the notice that it went out in. `via`: the channel that took it, or
    that has it in hand.
    """

    key: str
    alarm: str
    channel: str
    body: str
    created_at: int
    due_at: int
    attempts: int = 0
    state: str = "pending"  # pending, calling, sent, shared, digest, failed
    error: str = ""
    severity: int = 4
    step: int = 0
    since: int = 0
    digest: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class BirthRow:
    """The last state and health document of a gateway, as JSON texts; and what came late or doubted of its devices."""

    gateway: str
    state: str
    health: str
    updated_at: int
    passages: str = ""


@dataclass(frozen=True, slots=True)
class RejectRow:
    """A message that was refused before it was believed: reason, first bytes in hex, and how often since."""

    at: int
    gateway: str
    channel: str
    reason: str
    detail: str
    sample: str


@dataclass(frozen=True, slots=True)
class DirtyRow:
    """An hour of a device whose roll-ups no longer tell what the readings tell.

    `hour` is its begin and `due_at` when it shall be computed, in ms since 1970 UTC. `marks` counts how often it was
    marked since it was last clean: who computed it cleans exactly what he saw.
    """

    gateway: str
    device: str
    profile: str
    hour: int
    due_at: int
    marks: int = 1


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything that one window changes, kept in one transaction or not at all."""

    accounts: Sequence[AccountRow] = ()
    point_counts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)  # (gateway, device, point) -> more
    rule_states: Sequence[RuleStateRow] = ()
    alarms: Sequence[AlarmRow] = ()
    history: Sequence[AlarmHistoryRow] = ()
    notices: Sequence[NoticeRow] = ()
    dirty: Sequence[DirtyRow] = ()
    indices: Sequence[DirtyRow] = ()  # hours of devices whose indices must be worked out, as `dirty` of roll-ups


@dataclass(frozen=True, slots=True)
class UserRow:
    """Somebody who may log in. `password_hash` is argon2id; a program has no password but tokens."""

    name: str
    role: str
    password_hash: str
    created_at: int
    disabled: bool = False
    areas: str = ""  # as access/scope.py keeps them; empty = the whole province
    subject: str = ""  # who this is to the province's log-in server; empty = an account of ours
    sectors: str = ""  # as access/scope.py keeps them; empty = every sector


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A session or a bearer token: only the SHA-256 of the secret is kept."""

    digest: str
    kind: str  # session, token
    user: str
    role: str
    created_at: int
    expires_at: int
    note: str = ""
    areas: str = ""  # of a token, as access/scope.py keeps them; a session has those of its user
    sectors: str = ""  # the same


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what to which thing."""

    at: int
    actor: str
    action: str
    target: str
    detail: str


@dataclass(frozen=True, slots=True)
class OpenAlarms:
    """How many open alarms of one severity a site has, and how many of them nobody has acknowledged."""

    site: str
    severity: int
    alarms: int
    unacknowledged: int


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """Which alarms a page asks for; None means any."""

    open: bool | None = None
    site: str | None = None
    gateway: str | None = None
    severity: int | None = None
    device: str | None = None
    rule: str | None = None
    assignee: str | None = None
    since: int | None = None  # something happened to it at that time or later
    sites: frozenset[str] | None = None  # at one of these
    rules: frozenset[str] | None = None  # of one of these, or one of a gateway itself of `gateways`
    gateways: frozenset[str] = frozenset()
