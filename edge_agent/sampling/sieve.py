"""One device's samples through normalise, quality and report, with the memory that these need between polls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Sample
from edge_agent.sampling.normalise import normalise
from edge_agent.sampling.quality import Trace, judge
from edge_agent.sampling.reading import Reading
from edge_agent.sampling.report import worth_sending

LATEST_MOMENT = 2**53  # the wire contract's bound


@dataclass(frozen=True, slots=True)
class Row:
    """The readings of one device at one time that are worth sending; `own`: by the gateway's time, not the device's."""

    observed_at: int
    readings: tuple[Reading, ...]
    own: bool = True


@dataclass(slots=True)
class Sieve:
    """Owns what a device said last. Its stamps rise strictly, so that no reading overwrites another.

    How long ago something was is counted by `elapsed_ms`, a count that nobody can set: a clock that is corrected
    makes no value flat, no change too fast and no heartbeat due.
    """

    profile: DeviceProfile
    _traces: dict[str, Trace] = field(default_factory=dict)
    _reported: dict[str, Reading] = field(default_factory=dict)
    _newest: dict[str, Reading] = field(default_factory=dict)
    _newest_at: int = 0
    _lead_ms: int = 0  # what times are ahead of the monotonic count

    def sift(self, samples: Sequence[Sample], *, now: int, elapsed_ms: int | None = None) -> list[Row]:
        """The rows in these samples that are worth sending, oldest first; samples without a time share `now`.

        `elapsed_ms` is the moment `now` on the monotonic count; without it `now` itself is believed.
        """
        self._lead_ms = 0 if elapsed_ms is None else now - elapsed_ms
        moments: dict[int, list[Sample]] = {}
        for sample in samples:
            moments.setdefault(_moment_of(sample, now), []).append(sample)
        rows = [self._row(moments[moment], moment, own=moment == now) for moment in sorted(moments)]
        return [row for row in rows if row.readings]

    def latest(self) -> list[Reading]:
        """The last reading of each point that was worth sending."""
        return list(self._reported.values())

    def repeat(self) -> None:
        """The next reading of each point is worth sending, whatever was sent before."""
        self._reported.clear()

    def newest(self) -> list[Reading]:
        """The last reading of each point, worth sending or not."""
        return list(self._newest.values())

    def _stamp(self, moment: int, *, own: bool) -> int:
        """The moment itself; 1 ms after the newest when it would repeat it, or when our own clock went back a little.

        A device that delivers an old record keeps the record's own time.
        """
        if moment == self._newest_at or (own and self._newest_at - 1000 <= moment < self._newest_at):
            moment = self._newest_at + 1
        self._newest_at = max(moment, self._newest_at)
        return moment

    def _row(self, samples: Sequence[Sample], moment: int, *, own: bool) -> Row:
        observed_at = self._stamp(moment, own=own)
        kept: dict[str, Reading] = {}
        for sample in samples:
            point = self.profile.point(sample.point)
            if point is None:
                continue
            reading = normalise(sample, point, observed_at=observed_at - self._lead_ms)
            trace = self._traces.get(point.key, Trace())
            self._traces[point.key], reading = judge(trace, reading, point.limits)
            if not (reading.is_bad or _has_a_time(sample)):
                reading = replace(reading, quality="uncertain:clock")
            self._newest[point.key] = replace(reading, observed_at=observed_at)
            if worth_sending(self._reported.get(point.key), reading, point.report):
                self._reported[point.key] = reading
                kept[point.key] = self._newest[point.key]
        return Row(observed_at, tuple(kept.values()), own)


def _moment_of(sample: Sample, now: int) -> int:
    """The device's time, or ours when it has none or one that cannot be; the latter is marked in the quality."""
    return now if sample.observed_at is None or not _has_a_time(sample) else sample.observed_at


def _has_a_time(sample: Sample) -> bool:
    return sample.observed_at is None or 0 < sample.observed_at <= LATEST_MOMENT
