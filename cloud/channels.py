"""What the rest of the centre must know of the channels: which ones a rule means that names none, and which are out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cloud.notify.registry import ChannelConfig
from cloud.rules.platform import Report, Trouble

BY_NAME_ONLY = ("loudspeaker", "cap")  # what the public hears or reads is never sent there by leaving something out


def is_usual(channel: ChannelConfig) -> bool:
    """Whether a rule that names no channel sends to this one: it reaches somebody without a person being named."""
    return channel.kind not in BY_NAME_ONLY and getattr(channel, "recipients", True) != ()


def report_of(outages: Mapping[str, int | None], others: Sequence[Trouble] = ()) -> Report:
    """The platform's troubles with its channels, and others; of a channel that was not tried yet nothing is known."""
    troubles = [Trouble("channel", since, name) for name, since in outages.items() if since]
    return Report([*troubles, *others], [name for name, since in outages.items() if since is None])
