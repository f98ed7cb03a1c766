"""A real `thacba-edge run` that is killed while it reads a backlog of station files loses none of them (F01)."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device_profiles.clock import SystemClock
from device_profiles.wire import absolute_times, decode_batch
from edge_agent.outbox.opening import open_outbox
from tests.edge_agent.connectors.station_file.station import STATION, name, text
from tests.waiting import until

FILES = 60
CONFIG = f"""
[gateway]
data_dir = "data"
[[devices]]
id = "nt01"
profile = "circular10_wastewater"
name = {{ vi = "Trạm nước thải", en = "Wastewater station" }}
connection = {{ kind = "station_file", folder = "in", station = "{STATION}", look_every_s = 0.1, settled_s = 0.0 }}
"""


def stamps() -> list[str]:
    """The last hours, every five minutes, in Vietnam."""
    newest = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC) + timedelta(hours=7)
    return [f"{newest - timedelta(minutes=5 * number):%Y%m%d%H%M%S}" for number in reversed(range(FILES))]


def start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "agent.log").open("ab") as log:
        command = [sys.executable, "-m", "edge_agent", "run", "--config", str(folder / "gateway.toml")]
        return subprocess.Popen(command, stdout=log, stderr=log)


def moments(folder: Path) -> list[int]:
    """Every time at which pH stands in the outbox."""
    with open_outbox(folder, now=SystemClock().now_ms()) as outbox:
        sequences = range(1, outbox.counters().next_sequence)
        batches = [decode_batch(parcel.payload) for parcel in outbox.fetch(sequences)]
    return [
        moment
        for batch in batches
        for block in batch.devices
        for moment, value in zip(absolute_times(block.times), block.points["ph"], strict=True)
        if value is not None
    ]


def test_a_kill_in_the_middle_of_a_backlog(tmp_path: Path) -> None:
    arriving, done = tmp_path / "in", tmp_path / "in" / "done"
    arriving.mkdir()
    (tmp_path / "gateway.toml").write_text(CONFIG)
    chosen = stamps()
    for stamp in chosen:
        (arriving / name(stamp)).write_text(text(stamp))
    agent = start(tmp_path)
    try:
        until(lambda: done.exists() and any(done.iterdir()), 60)
    finally:
        agent.kill()  # while the others are being put away
        agent.wait()
    agent = start(tmp_path)
    try:
        until(lambda: [path.name for path in arriving.iterdir()] == ["done"], 60)
    finally:
        agent.kill()
        agent.wait()
    kept = moments(tmp_path / "data")
    assert len(set(kept)) == FILES, "none is lost"
    assert set(kept) == {_moment(stamp) for stamp in chosen}, "each at the station's own time"


def _moment(stamp: str) -> int:
    local = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return round((local - timedelta(hours=7)).timestamp() * 1000)
