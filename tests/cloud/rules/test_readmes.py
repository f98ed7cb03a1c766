"""The READMEs name every key that a file may have."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from cloud.notify.channels.email.config import EmailConfig
from cloud.notify.channels.webhook.config import WebhookConfig
from cloud.rules.kinds.combination import Combination, Listened
from cloud.rules.kinds.compare import Compare
from cloud.rules.kinds.flat_line import FlatLine
from cloud.rules.kinds.n_of_m import NOfM
from cloud.rules.kinds.rate_of_change import RateOfChange
from cloud.rules.kinds.repeated import Repeated, Times
from cloud.rules.kinds.schedule import Hours, Schedule
from cloud.rules.kinds.sequence import Soon, Succession
from cloud.rules.kinds.stale import Silence, Stale
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.kinds.window import Window
from cloud.rules.ladder import Level
from cloud.rules.rule import NoticePolicy, Rule
from cloud.rules.selector import Selector

CLOUD = Path(__file__).parents[3] / "cloud"


@pytest.mark.parametrize(
    ("room", "models"),
    [
        (
            "rules",
            [
                Rule,
                Selector,
                NoticePolicy,
                Threshold,
                RateOfChange,
                FlatLine,
                Window,
                Repeated,
                Times,
                Schedule,
                Hours,
                Stale,
                NOfM,
                Compare,
                Succession,
                Soon,
                Combination,
                Listened,
                Level,
                Silence,
            ],
        ),
        ("notify/channels/webhook", [WebhookConfig]),
        ("notify/channels/email", [EmailConfig]),
    ],
)
def test_every_key_is_in_the_readme(room: str, models: list[type[BaseModel]]) -> None:
    text = (CLOUD / room / "README.md").read_text(encoding="utf-8")
    missing = [
        f"{model.__name__}.{key}"
        for model in models
        for key in model.model_fields
        if f"`{key}`" not in text and f".{key}`" not in text and key not in ("selector", "notice", "kind")
    ]
    assert not missing
