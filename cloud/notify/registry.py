"""Which kinds of channels there are, and how a configured one is built."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cloud.notify.channels.email.config import EmailConfig
from cloud.notify.channels.webhook.config import WebhookConfig
from cloud.notify.notifier import Notifier

ChannelConfig = Annotated[WebhookConfig | EmailConfig, Field(discriminator="kind")]


def build_channel(config: ChannelConfig) -> Notifier:
    """The channel that a configuration describes; ConfigurationError when its secret cannot be read."""
    raise NotImplementedError
