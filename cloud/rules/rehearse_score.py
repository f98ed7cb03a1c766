"""Keeps the score of a rehearsal: what each device played, until everything is summed up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cloud.rules.rehearse import Played, Stage
from cloud.rules.rehearse_chart import chart_of, step_for
from cloud.rules.rehearse_report import Chart, Difference, Episode, Report
from cloud.rules.rehearse_summary import VIETNAM, episodes_of, graveness_of, nights_of, totals_of, with_notices
from cloud.rules.rule import Rule
from cloud.store.base import RawColumn
from device_profiles.schema import Text

MOST_ALARMS = 20_000  # of a rehearsal; a rule that raises more needs no further proof
MOST_LISTED = 500  # in a report; the sums are of all
MOST_CHARTS = 4
LATE_START_MS = 86_400_000
UNKNOWN = (
    Text(
        vi="Không ai xác nhận, tạm ẩn hay lên kế hoạch bảo trì; cổng không mất liên lạc lần nào",
        en="Nobody acknowledged, shelved or planned anything; gateways were never away",
    ),
    Text(
        vi="Không tính gộp tin và giới hạn số tin; bỏ qua số đo có chất lượng nghi ngờ",
        en="Digests and limits of notices are left out, and so are readings of doubted quality",
    ),
)
CUT = Text(
    vi=f"Dừng ở {MOST_ALARMS} cảnh báo: luật báo quá nhiều, hoặc khoảng thời gian quá dài",
    en=f"Stopped at {MOST_ALARMS} alarms: the rule raises far too many, or the time is too long",
)


@dataclass(slots=True)
class Score:
    """Of one rule. Mutable; whoever rehearses is its only owner."""

    rule: Rule
    stage: Stage
    unit: str
    episodes: list[Episode] = field(default_factory=list)
    notices: list[int] = field(default_factory=list)  # when
    devices: int = 0
    readings: int = 0
    first: int = 0  # time of the oldest reading, 0 = none yet
    _charts: list[tuple[int, Chart]] = field(default_factory=list)  # with the number of alarms

    @property
    def full(self) -> bool:
        """True when more would prove nothing."""
        return len(self.episodes) >= MOST_ALARMS

    def add(self, played: Played, column: RawColumn) -> None:
        """What a device has played, and of what."""
        whose = played.site, played.key.gateway, played.key.device
        episodes = episodes_of(self.rule.id, whose, played.history, levels=graveness_of(self.rule.at(played.site)))
        told_at = [notice.created_at for notice in played.notices]
        self.episodes += with_notices(episodes, told_at)
        self.notices += told_at
        self.devices += 1
        self.readings += played.readings
        self.heard(column)
        self._draw(played, column, len(episodes))

    def report(self, difference: Difference | None = None) -> Report:
        """Everything summed up."""
        episodes = self.in_order()
        return Report(
            rule=self.rule.id,
            version=self.rule.version,
            begin=self.stage.begin,
            end=self.stage.end,
            alarms=tuple(episodes[:MOST_LISTED]),
            left_out=max(0, len(episodes) - MOST_LISTED),
            nights=nights_of(episodes, self.notices),
            totals=totals_of(episodes, self.notices, devices=self.devices, readings=self.readings, end=self.stage.end),
            difference=difference,
            chart=tuple(chart for _, chart in self._charts),
            remarks=(*self._warnings(), *UNKNOWN),
        )

    def heard(self, column: RawColumn) -> None:
        """Takes note of how far back the store reaches."""
        if column.times:
            self.first = min(self.first or column.times[0], column.times[0])

    def _warnings(self) -> list[Text]:
        found = [CUT] if self.full else []
        if self.first - self.stage.begin > LATE_START_MS:
            begin = datetime.fromtimestamp(self.first / 1000, VIETNAM).strftime("%d/%m/%Y %H:%M")
            vi = f"Kho không có số đo nào trước {begin}: số đo cũ đã bị xóa, hoặc chưa từng có"
            en = f"The store holds nothing from before {begin}: older readings are gone, or there were none"
            found.append(Text(vi=vi, en=en))
        return found

    def in_order(self) -> list[Episode]:
        """Every alarm, by its beginning."""
        return sorted(self.episodes, key=lambda each: (each.raised_at, each.gateway, each.device))

    def _draw(self, played: Played, column: RawColumn, alarms: int) -> None:
        """Keeps the charts of the devices with most alarms; without any alarm one, for a look at the levels."""
        if not column.times:
            return
        if len(self._charts) == MOST_CHARTS and alarms <= self._charts[-1][0]:
            return
        if not alarms and self._charts:
            return
        step_ms = step_for(self.stage.begin, self.stage.end)
        chart = chart_of(self.rule.at(played.site), played.site, played.key, column, unit=self.unit, step_ms=step_ms)
        drawn = [*self._charts, (alarms, chart)]
        drawn.sort(key=lambda each: -each[0])
        self._charts = [each for each in drawn if each[0] or each is drawn[0]][:MOST_CHARTS]
