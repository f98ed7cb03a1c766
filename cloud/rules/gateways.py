"""The one alarm of a gateway that is away: it names the devices behind it, which raise none of their own meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cloud.alarms.book import Finding
from cloud.alarms.lifecycle import Trigger
from cloud.indices.spec import is_index
from cloud.rules.absence import GONE, Absence, Absences
from cloud.rules.platform import built_in, is_active
from cloud.rules.roster import ITSELF
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch

HOLD_MS = 60_000  # a shorter absence is nobody's business
NAMED = 100  # devices; of more, the number is told

GATEWAY_AWAY = built_in(
    GONE,
    "lost",
    vi=(
        "Mất liên lạc với cổng {gateway} tại {site}.",
        "Kiểm tra nguồn điện, đường truyền và tủ thiết bị của cổng.",
        "mất liên lạc",
    ),
    en=("No contact with gateway {gateway} at {site}.", "Check the gateway's power, link and cabinet.", "no contact"),
)


def follow_gateways(
    turn: Turn, absences: Absences, back: Iterable[str], *, sites: Mapping[str, str], watches: Iterable[Watch]
) -> None:
    """Raises the alarms of gateways that have been away for long enough, and clears those of gateways that are back."""
    for gateway in back:
        if is_active(turn, _key(gateway)):
            _clear(turn, gateway)
    due = {
        gateway: absence
        for gateway, absence in absences.lasting()
        if turn.now - absence.since >= HOLD_MS and not is_active(turn, _key(gateway))
    }
    if not due:
        return
    behind: dict[str, list[str]] = {gateway: [] for gateway in due}
    for watch in watches:
        if watch.gateway in due and not is_index(watch.profile):
            behind[watch.gateway].append(watch.device)
    for gateway, absence in due.items():
        _raise(turn, gateway, absence, site=sites.get(gateway, ""), devices=sorted(behind[gateway]))


def forget_gateway(turn: Turn, absences: Absences, gateway: str) -> None:
    """Ends the alarm of a gateway that is gone for good, and forgets its absences."""
    if is_active(turn, _key(gateway)):
        _clear(turn, gateway)
    row = absences.forget(gateway)
    turn.rows.extend([row] if row else [])


def _raise(turn: Turn, gateway: str, absence: Absence, *, site: str, devices: Sequence[str]) -> None:
    watch = Watch(gateway, ITSELF, "gateway", site, {}, {})
    finding = _naming(turn.announcer.finding(GATEWAY_AWAY, watch, 1, float(len(devices))), devices)
    finding = replace(finding, level=absence.word, threshold=None)
    change = turn.book.find(Trigger.RAISE, finding, observed_at=absence.since, received_at=turn.now)
    turn.keep(change)
    turn.tell(Track.of(GATEWAY_AWAY, None), change.alarm, "raised", observed_at=absence.since)


def _clear(turn: Turn, gateway: str) -> None:
    change = turn.book.clear(_key(gateway), None, observed_at=turn.now, received_at=turn.now)
    turn.keep(change)
    turn.tell(Track.of(GATEWAY_AWAY, None), change.alarm, "cleared", observed_at=turn.now)


def _naming(finding: Finding, devices: Sequence[str]) -> Finding:
    if not devices:
        return finding
    names = ", ".join(devices[:NAMED])
    more = len(devices) - NAMED
    rest_vi, rest_en = (f" và {more} thiết bị khác", f" and {more} more") if more > 0 else ("", "")
    return replace(
        finding,
        text_vi=f"{finding.text_vi} {len(devices)} thiết bị không có số liệu: {names}{rest_vi}.",
        text_en=f"{finding.text_en} {len(devices)} devices without readings: {names}{rest_en}.",
    )


def _key(gateway: str) -> tuple[str, str, str]:
    return GATEWAY_AWAY.id, gateway, ITSELF
