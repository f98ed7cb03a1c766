"""What a configuration changes against the one that runs: as names, and in words; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from pydantic import BaseModel

from edge_agent.config import BrokerConfig
from edge_agent.planning import Plan

LINK_OPTIONS = ("health_period_s",)  # of [gateway]: part of the session with the centre
WORDS = {
    "nothing": ("Không có gì thay đổi", "Nothing changes"),
    "added": ("Thêm {n} thiết bị: {names}", "Adds {n} device(s): {names}"),
    "removed": ("Bỏ {n} thiết bị: {names}", "Removes {n} device(s): {names}"),
    "changed": (
        "Đổi cấu hình {n} thiết bị, kết nối của chúng được lập lại: {names}",
        "Changes {n} device(s), whose connections are made anew: {names}",
    ),
    "renamed": ("Đổi tên {n} thiết bị: {names}", "Renames {n} device(s): {names}"),
    "unchanged": (
        "{n} thiết bị không bị gián đoạn",
        "{n} device(s) go on without interruption",
    ),
    "uplink": (
        "Đường truyền về trung tâm được lập lại ({names}); dữ liệu chờ gửi được giữ nguyên",
        "The link to the centre is made anew ({names}); what waits to be sent is kept",
    ),
    "outbox": ("Đổi giới hạn lưu trữ chờ gửi: {names}", "Changes how much is kept for sending: {names}"),
    "listen": (
        "Địa chỉ nhận dữ liệu đẩy được mở lại ({names})",
        "The address that devices push to is opened anew ({names})",
    ),
    "options": ("Đổi tuỳ chọn của cổng: {names}", "Changes options of the gateway: {names}"),
}


@dataclass(frozen=True, slots=True)
class Changes:
    """Devices by id, and the fields of the other tables that differ. `changed` devices are connected anew."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    uplink: tuple[str, ...] = ()
    outbox: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything changes at all."""
        said = asdict(self)
        return any(names for what, names in said.items() if what != "unchanged")

    def document(self) -> dict[str, object]:
        """As data, and in words of both languages."""
        said: dict[str, object] = {what: list(names) for what, names in asdict(self).items()}
        sentences = [*self.sentences()]
        return {**said, "vi": [vi for vi, _ in sentences], "en": [en for _, en in sentences]}

    def sentences(self) -> Iterator[tuple[str, str]]:
        """One sentence for each kind of change, Vietnamese and English; what goes on undisturbed comes last."""
        if not self.any:
            yield WORDS["nothing"]
        order = ("added", "removed", "changed", "renamed", "uplink", "outbox", "listen", "options", "unchanged")
        said = asdict(self)
        for what in order:
            names: Sequence[str] = said[what]
            if names:
                facts = {"n": len(names), "names": ", ".join(names)}
                vi, en = WORDS[what]
                yield vi.format(**facts), en.format(**facts)


def changes_between(now: Plan, then: Plan) -> Changes:
    """What changes when the second one takes the place of the first."""
    before = {device.id: device for device in now.devices}
    after = {device.id: device for device in then.devices}
    both = [name for name in after if name in before]
    kept = [name for name in both if after[name].reads_as(before[name])]
    options = _differing(now.config.gateway, then.config.gateway)
    broker = _broker_changes(now.config.broker, then.config.broker)
    if not broker and now.link != then.link and not set(options) & {*LINK_OPTIONS, "id"}:
        broker = ("secrets",)  # the same places hold something else
    return Changes(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed=tuple(name for name in both if name not in kept),
        renamed=tuple(name for name in kept if before[name].name != after[name].name),
        unchanged=tuple(name for name in kept if before[name].name == after[name].name),
        uplink=(*broker, *(name for name in options if name in (*LINK_OPTIONS, "id"))),
        outbox=_differing(now.config.outbox, then.config.outbox),
        listen=_differing(now.config.listen, then.config.listen),
        options=tuple(name for name in options if name not in (*LINK_OPTIONS, "id")),
    )


def _broker_changes(now: BrokerConfig | None, then: BrokerConfig | None) -> tuple[str, ...]:
    if now is None or then is None:
        return () if now is then else ("broker",)
    return _differing(now, then)


def _differing(one: BaseModel, other: BaseModel) -> tuple[str, ...]:
    """The fields that differ; their values stay unsaid, for some of them say where a secret is."""
    return tuple(name for name in type(one).model_fields if getattr(one, name) != getattr(other, name))
