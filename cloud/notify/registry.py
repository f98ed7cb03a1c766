"""Which kinds of channels there are, and how a configured one is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from cloud.notify.channels.cap.channel import Cap
from cloud.notify.channels.cap.config import CapConfig
from cloud.notify.channels.cap.place import Place
from cloud.notify.channels.email.channel import Email
from cloud.notify.channels.email.config import EmailConfig
from cloud.notify.channels.loudspeaker.channel import Loudspeaker
from cloud.notify.channels.loudspeaker.config import LoudspeakerConfig
from cloud.notify.channels.sms.channel import Sms
from cloud.notify.channels.sms.config import SmsConfig
from cloud.notify.channels.webhook.channel import Webhook
from cloud.notify.channels.webhook.config import WebhookConfig
from cloud.notify.channels.zalo.channel import Zalo
from cloud.notify.channels.zalo.config import ZaloConfig
from cloud.notify.http_channel import trust_in
from cloud.notify.lane import Channel
from cloud.notify.notifier import Notifier
from cloud.notify.secret import read_secret

ChannelConfig = Annotated[
    WebhookConfig | EmailConfig | SmsConfig | ZaloConfig | LoudspeakerConfig | CapConfig, Field(discriminator="kind")
]


def build_channel(config: ChannelConfig, *, places: Mapping[str, Place] | None = None) -> Channel:
    """The channel that a configuration describes; ConfigurationError when its secret cannot be read.

    Args:
        config: what stands in the centre's file.
        places: latitude and longitude of each site, for channels that speak of areas.
    """
    return Channel(_notifier(config, places or {}), config.per_minute, is_alone(config))


def is_alone(config: ChannelConfig) -> bool:
    """Whether each notice goes by itself: the other side is a program that must hear of every alarm."""
    return isinstance(config, CapConfig) or (isinstance(config, WebhookConfig) and not config.digests)


def _notifier(config: ChannelConfig, places: Mapping[str, Place]) -> Notifier:
    if isinstance(config, CapConfig):
        return Cap(config, places=places)
    if isinstance(config, WebhookConfig):
        key = read_secret(env=config.signing_key_env, file=config.signing_key_file)
        return Webhook(config, key, trust=trust_in(config.ca_file))
    if isinstance(config, SmsConfig):
        secret = read_secret(env=config.secret_env, file=config.secret_file)
        return Sms(config, secret, trust=trust_in(config.ca_file))
    if isinstance(config, ZaloConfig):
        read_secret(env=config.token_env, file=config.token_file)  # it may change later, and must be there now
        return Zalo(config, trust=trust_in(config.ca_file))
    if isinstance(config, LoudspeakerConfig):
        token = read_secret(env=config.token_env, file=config.token_file)
        return Loudspeaker(config, token, trust=trust_in(config.ca_file))
    return Email(config, read_secret(env=config.password_env, file=config.password_file))
