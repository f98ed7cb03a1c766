"""A gateway that is away: one alarm that names its devices, none of theirs, and the truth when it returns."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.inventory.fleet import Fleet
from cloud.rules.judge import Judge
from device_profiles.wire import Health, State
from tests.cloud.rules.builders import START, Kept, block, stale_rule

SILENT_S = 300
STEP_MS = 10_000
GATEWAY = "gw-1"


def health_at(at: int) -> Health:
    """What a gateway with nothing unsent says of itself."""
    return Health(1, at, "0" * 16, 2, 1, 0, 0, 0, 0, 0)


@dataclass
class Stage:
    """A gateway with devices, seen by the centre every ten seconds."""

    devices: tuple[str, ...]
    fleet: Fleet = field(default_factory=Fleet)
    kept: Kept = field(default_factory=Kept)
    now: int = START
    is_up: bool = True
    says: str = "online"
    dead: set[str] = field(default_factory=set)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.restart()
        self.say("online")

    def restart(self) -> None:
        """Kills the judge and starts it from what was kept."""
        self.judge = self.kept.judge(stale_rule(SILENT_S))

    def say(self, word: str) -> None:
        """The gateway's word, or its will's, arrives; `mute` arrives nowhere: it is just gone."""
        self.is_up = word == "online"
        if word != "mute":
            self.says = word
            state = State(v=1, state=word, since=self.now)  # type: ignore[arg-type]
            self.fleet.born(GATEWAY, state, site="yen-bai", received_at=self.now)

    def run(self, seconds: int) -> None:
        """Time goes by."""
        for _ in range(seconds * 1000 // STEP_MS):
            self.now += STEP_MS
            if self.is_up:
                self._speak()
            self.kept.keep(self.judge.tick(self.now, self.fleet.gateways()))

    def _speak(self) -> None:
        health = health_at(self.now)
        self.fleet.healthy(GATEWAY, health, received_at=self.now)
        talking = [block([(self.now, 29.0)], device=device) for device in self.devices if device not in self.dead]
        for columns in talking:
            self.fleet.observed(columns, received_at=self.now)
        self.kept.keep(self.judge.observe(talking, received_at=self.now))

    def active(self, rule: str) -> set[str]:
        """Devices with an alarm of this rule whose problem lasts."""
        return {
            alarm.device
            for alarm in self.kept.alarms.values()
            if alarm.rule == rule and alarm.state in ("unacked", "acked")
        }


FORTY = tuple(f"d{number:02}" for number in range(1, 41))


def test_a_dead_gateway_is_one_alarm_that_names_its_forty_devices() -> None:
    stage = Stage(FORTY)
    stage.run(600)
    stage.say("lost")
    stage.run(7200)
    (alarm,) = stage.kept.alarms.values()
    assert (alarm.rule, alarm.gateway, alarm.level) == ("gateway_away", GATEWAY, "lost")
    assert alarm.text_vi.endswith(f"40 thiết bị không có số liệu: {', '.join(FORTY)}.")
    assert alarm.text_en.endswith(f"40 devices without readings: {', '.join(FORTY)}.")
    assert [line.what for line in stage.kept.history] == ["raised"]
    assert len(stage.kept.notices) == 1


def test_a_gateway_that_returns_is_cleared_and_what_is_still_silent_speaks_for_itself() -> None:
    stage = Stage(FORTY)
    stage.run(600)
    stage.say("lost")
    stage.run(7200)
    stage.dead = {"d07", "d31"}
    stage.restart()
    stage.say("online")
    stage.run(10)
    assert stage.active("gateway_away") == set()
    assert stage.active("silent") == set()
    stage.run(SILENT_S)
    assert stage.active("silent") == {"d07", "d31"}
    assert len(stage.kept.alarms) == 3


def test_a_gateway_that_just_stops_talking_is_away_too_and_its_last_words_repeated_do_not_bring_it_back() -> None:
    stage = Stage(("d1",))
    stage.run(600)
    stage.say("mute")
    stage.run(3600)
    (alarm,) = stage.kept.alarms.values()
    assert (alarm.rule, alarm.level, alarm.state) == ("gateway_away", "silent", "unacked")
    stage.restart()
    last = stage.fleet.gateway(GATEWAY)
    assert last is not None
    assert last.health is not None
    stage.fleet.healthy(GATEWAY, last.health, received_at=stage.now)
    stage.run(600)
    assert [line.what for line in stage.kept.history] == ["raised"]


def test_a_link_that_breaks_for_half_a_minute_is_no_alarm() -> None:
    stage = Stage(("d1",))
    stage.run(600)
    for _ in range(20):
        stage.say("lost")
        stage.run(30)
        stage.say("online")
        stage.run(60)
    assert not stage.kept.alarms


def test_a_flapping_gateway_does_not_hide_a_device_that_is_dead() -> None:
    stage = Stage(("d1", "d2"))
    stage.run(600)
    stage.dead = {"d2"}
    for _ in range(12):
        stage.say("lost")
        stage.run(30)
        stage.say("online")
        stage.run(60)
    assert stage.active("silent") == {"d2"}


def test_a_device_that_was_silent_before_its_gateway_keeps_its_alarm_until_it_speaks() -> None:
    stage = Stage(("d1", "d2"))
    stage.dead = {"d2"}
    stage.run(600)
    stage.say("mute")
    stage.run(3600)
    stage.say("online")
    stage.run(SILENT_S * 2)
    assert stage.active("silent") == set()  # d2 was never heard at all: nothing is known of it
    stage.dead = set()
    stage.run(60)
    stage.dead = {"d2"}
    stage.run(SILENT_S)
    stage.say("lost")
    stage.run(3600)
    stage.say("online")
    stage.run(30)
    assert stage.active("silent") == {"d2"}
    stage.dead = set()
    stage.run(30)
    assert stage.active("silent") == set()


steps = st.lists(
    st.tuples(
        st.sampled_from(["lost", "stopped", "mute", "online", "die", "revive", "restart", "wait"]),
        st.integers(1, 45),
    ),
    max_size=20,
)


@settings(max_examples=30, deadline=None)
@given(steps)
def test_in_whatever_order_gateways_and_devices_go_and_return_the_alarms_come_to_tell_the_truth(
    story: list[tuple[str, int]],
) -> None:
    stage = Stage(("d1", "d2"))
    stage.run(120)
    for what, ten_seconds in story:
        if what in ("die", "revive"):
            stage.dead = {"d2"} if what == "die" else set()
        elif what == "restart":
            stage.restart()
        elif what != "wait":
            stage.say(what)
        before = stage.active("silent")
        stage.run(ten_seconds * 10)
        if stage.says != "online" and not stage.is_up:
            assert stage.active("silent") <= before, "a device is blamed for its gateway"
    before = stage.active("silent")
    stage.run(SILENT_S + 120)
    assert stage.active("gateway_away") == (set() if stage.is_up else {"@gateway"})
    assert stage.active("silent") == (stage.dead if stage.is_up else before)
