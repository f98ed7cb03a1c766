"""Every device model of the catalogue can be simulated, and an agent reads its ordinary day as good readings."""

from __future__ import annotations

import pytest

from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile, PointType
from edge_agent.connector import Sample
from edge_agent.profiles.recorded import tell
from edge_agent.sampling.normalise import normalise
from simulators.encoding import Registers, document_of, registers_of
from simulators.models import MODELS, model_of, signal_of
from simulators.signals import DAY_S, HOUR_S

CATALOGUE = load_catalogue().profiles
#  what our own programs make is simulated by running them, cameras by their pictures
SIMULATED = [each for each in CATALOGUE.values() if each.protocol not in ("derived", "interlock", "camera", "onvif")]
DOCUMENTS = ("http_json", "kiosk")
MOMENTS = [DAY_S + quarter * 3.1 * HOUR_S for quarter in range(8)]
EACH = pytest.mark.parametrize("profile", SIMULATED, ids=lambda profile: profile.profile)


@EACH
def test_an_ordinary_day_is_read_as_good_readings(profile: DeviceProfile) -> None:
    assert model_of(profile), "add a signal to simulators/models.py, or let the model report as one that has it"
    for seed in (1, 8):
        signal = signal_of(profile, seed)
        for moment in MOMENTS:
            values = signal(moment)
            for point in profile.points:
                reading = normalise(Sample("simulated", point.key, values[point.key]), point, observed_at=1)
                assert not reading.quality, (point.key, values[point.key], reading.quality)


@pytest.mark.parametrize(
    "profile",
    [each for each in SIMULATED if each.protocol in (*DOCUMENTS, "modbus")],
    ids=lambda profile: profile.profile,
)
def test_what_a_simulated_device_lays_out_is_what_an_agent_reads(profile: DeviceProfile) -> None:
    for moment in MOMENTS:
        values = signal_of(profile, 3)(moment)
        raw = document_of(profile, values) if profile.protocol in DOCUMENTS else _tables(registers_of(profile, values))
        for key, reading in tell(profile, raw).readings.items():
            assert not reading.quality, (key, reading.quality)
            point = profile.point(key)
            assert point
            step = abs(getattr(point.source, "scale", 1.0))
            exact = point.type in (PointType.BOOL, PointType.ENUM, PointType.INT)
            assert reading.value == (values[key] if exact else pytest.approx(values[key], rel=1e-5, abs=step))


def test_signals_belong_to_models_of_the_catalogue() -> None:
    assert set(MODELS) <= set(CATALOGUE)


def _tables(registers: Registers) -> dict[str, dict[str, int]]:
    tables: dict[str, dict[str, int]] = {}
    for (table, address), word in registers.items():
        tables.setdefault(table, {})[str(address)] = word
    return tables
