"""Three rules of the sample province with their tests, and an office of rules around their folder."""

from __future__ import annotations

from pathlib import Path

from cloud.rule_files import RuleFiles
from cloud.rule_office import RuleOffice, Shelf
from cloud.rules.load import Known, load_rules
from cloud.rules.proof import Sheet
from cloud.rules.rule_set import RuleSet
from cloud.store.rule_proposal_port import RuleProposalRow
from cloud.store.sql import SqlStateStore
from device_profiles.clock import Clock
from device_profiles.load import Catalogue
from tests.cloud.api import sample_fleet

FLOOD = """# Báo động của trạm Yên Bái trên sông Thao.
id = "flood_yen_bai"
version = 1
text = { vi = "Sông Thao đạt báo động {level}: {value} m", en = "River Thao, alarm level {level}: {value} m" }
instruction = { vi = "Đối chiếu bản tin thủy văn.", en = "Compare with the hydrological bulletin." }
owner = "Văn phòng Ban Chỉ huy Phòng thủ dân sự"
source = "QĐ 05/2020/QĐ-TTg"
confirmed = true

[selector]
profile = "river_gauge_radar"
point = "level_m"
sites = ["site-cau-yen-bai"]

[kind]
kind = "threshold"
unit = "m"
hold_s = 600

[[kind.levels]]
name = "I"
severity = 3
above = 30.00  # mét
clear = 29.95

[[kind.levels]]
name = "II"
severity = 2
above = 31.00
clear = 30.95

[[kind.levels]]
name = "III"
severity = 1
above = 32.00
clear = 31.95
"""
FLOOD_TESTS = """[[case]]
name = "crosses_two_levels"
site = "site-cau-yen-bai"
readings = [[0, 29.0], [10, 30.2], [20, 30.4], [30, 31.1], [40, 31.2], [50, 29.0]]
expect = ["20 raised I", "40 escalated II", "50 cleared II"]

[[case]]
name = "a_ripple"
site = "site-cau-yen-bai"
readings = [[0, 29.0], [10, 30.2], [15, 29.8]]
expect = []
"""
SILENCE = """id = "silence"
version = 2
text = { vi = "Trạm mưa {device} im lặng", en = "Rain gauge {device} is silent" }
instruction = { vi = "Gọi người trực trạm.", en = "Call the station." }
owner = "Trung tâm IOC"
source = "nội bộ"
confirmed = false
[selector]
profile = "rain_gauge_tipping"
[kind]
kind = "stale"
[[kind.levels]]
name = "1"
severity = 3
after_s = 7200
"""
PAPER = """id = "paper"
version = 1
text = { vi = "Kiosk {device} sắp hết giấy: {value} %", en = "Kiosk {device} is low on paper: {value} %" }
instruction = { vi = "Thay giấy.", en = "Refill." }
owner = "TT PVHCC"
source = "nội bộ"
confirmed = false
[selector]
profile = "kiosk_queue"
point = "paper_pct"
[kind]
kind = "threshold"
unit = "%"
[[kind.levels]]
name = "low"
shown = { vi = "sắp hết giấy", en = "running out" }
severity = 4
below = 15
"""
PAPER_TESTS = """[[case]]
name = "runs_out"
readings = [[0, 20.0], [10, 14.0]]
expect = ["10 raised low"]
[[case]]
name = "wrong_on_purpose"
readings = [[0, 20.0], [10, 16.0]]
expect = ["10 raised low"]
"""


def write_sample_rules(folder: Path) -> None:
    """Green tests, none, and a red one."""
    folder.mkdir(exist_ok=True)
    texts = {
        "flood_yen_bai.toml": FLOOD,
        "flood_yen_bai.test.toml": FLOOD_TESTS,
        "silence.toml": SILENCE,
        "paper.toml": PAPER,
        "paper.test.toml": PAPER_TESTS,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


class SampleRules:
    """An office around a folder of rules; `installed` is what the judge would go on with, one set after the other."""

    def __init__(self, folder: Path, state: SqlStateStore, clock: Clock) -> None:
        write_sample_rules(folder)
        self.folder = folder
        self.installed: list[RuleSet] = []
        self.broken: dict[str, str] = {}
        self.refuse: Exception | None = None  # what goes wrong when the judge is told
        self._state, self._clock = state, clock
        self.needs_two = False
        self.office = self.opened_again()

    def propose(self, at: int) -> None:
        """Somebody wants to be told of paper later; a second person has not looked at it yet."""
        text = PAPER.replace("version = 1", "version = 2").replace("below = 15", "below = 10")
        base = Sheet(PAPER, PAPER_TESTS).etag
        tests = PAPER_TESTS.replace("14.0", "9.0").replace("[[0, 20.0], [10, 16.0]]", "[[0, 20.0], [10, 10.0]]")
        row = RuleProposalRow("paper", text, tests, "saved", base, "kythuat", at, "Giấy cuộn lớn hơn")
        self._state.rule_proposals.put(row)

    def opened_again(self, files: RuleFiles | None = None) -> RuleOffice:
        """The office as it stands after a restart."""
        shelf = Shelf(
            files=files or RuleFiles(self.folder),
            versions=self._state.rule_versions,
            proposals=self._state.rule_proposals,
            needs_two=self.needs_two,
            known=lambda: Known(Catalogue(sample_fleet.PROFILES), ("ops",)),
            read=self._read,
            install=self._install,
            broken=lambda: self.broken,
            clock=self._clock,
        )
        self.office = RuleOffice(shelf, self._read())
        return self.office

    def _read(self) -> RuleSet:
        return load_rules(self.folder, Catalogue(sample_fleet.PROFILES), channels=("ops",))

    async def _install(self, rules: RuleSet) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.installed.append(rules)
