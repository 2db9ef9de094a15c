"""What ALERTS remembers of the last minutes, once a second: by zone and by line. Small, plain, and saved as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipelines.measures.trend import Trend, trend

if TYPE_CHECKING:
    from pipelines.events import CrowdDensity, CrowdFlow, CrowdOccupancy

KEPT_S: Final = 300
FLOW_S: Final = 60
_CENTI: Final = 100
_DECI: Final = 10
_MILLI: Final = 1000
_UNKNOWN: Final = -1
_ROUNDING: Final = 10  # thousandths of a floor that is cut into cells
_LEAST_KNOWN: Final = 0.8


@dataclass(slots=True, kw_only=True)
class Trace:
    """The last five minutes of one zone, one sample a second, oldest first; -1 is unknown.

    Args:
        until_s: the second (event time) of the newest sample; -1 before the first.
        peaks: local peak, hundredths of p/m².
        people: tenths of a person.
        speeds: mean speed, mm/s.
        shares: seen share, thousandths: the smaller of the cameras' and the floor's.
        patches: people in dense patches, and lost: tracks that ended there, of the last minute.
    """

    until_s: int = -1
    peaks: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    speeds: list[int] = field(default_factory=list)
    shares: list[int] = field(default_factory=list)
    patches: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)

    def take(self, second: int, row: CrowdDensity | None) -> None:
        """Note the window that ends at *second*; None, or a row that no camera saw, is unknown."""
        missing = min(second - self.until_s - 1, KEPT_S) if self.until_s >= 0 else 0
        for _ in range(missing):
            self._append(-1, -1, -1, 0, 0, 0)
        self.until_s = second
        if row is None or row.cameras_seen == 0:
            self._append(-1, -1, -1, 0, 0, 0)
            return
        self._append(
            round(row.local_peak_per_m2 * _CENTI),
            round(row.people * _DECI),
            round(row.speed_mps * _MILLI) if row.speed_mps is not None else _UNKNOWN,
            round(seen_share(row) * _MILLI),
            row.patch_people,
            row.lost,
        )

    def _append(self, peak: int, people: int, speed: int, share: int, patch: int, lost: int) -> None:
        pairs = ((self.peaks, peak), (self.people, people), (self.speeds, speed), (self.shares, share))
        for kept, value in pairs:
            kept.append(value)
            del kept[:-KEPT_S]
        for kept, value in ((self.patches, patch), (self.lost, lost)):
            kept.append(value)
            del kept[:-FLOW_S]

    def history_s(self, coverage: float) -> int:
        """For how many seconds the zone has not been empty; unknown seconds count only between known ones."""
        longest, newest, least = 0, -1, _least(coverage)
        for index in range(len(self.people) - 1, -1, -1):
            if self.shares[index] < least:
                continue
            if self.people[index] < _DECI:
                break
            newest = index if newest < 0 else newest
            longest = newest - index
        return longest

    def peak_trend(self, over_s: int, *, coverage: float) -> Trend | None:
        """Trend of the local peak, p/m², over the last *over_s* seconds; None while a fifth of them, or now, is unknown.

        Args:
            over_s: seconds, those with an unknown peak are left out.
            coverage: seen share below which a sample is unknown; 0 takes whatever any camera saw.
        """
        first = len(self.peaks) - 1 - over_s
        least = _least(coverage)
        if first < 0 or self.shares[-1] < least:
            return None
        known = [index for index, share in enumerate(self.shares[first:], start=first) if share >= least]
        if len(known) < _LEAST_KNOWN * (over_s + 1):
            return None
        return trend(seconds=known, values=[self.peaks[index] / _CENTI for index in known])

    def people_over(self, over_s: int, *, coverage: float) -> list[float] | None:
        """People each second, over the last *over_s* seconds and now; None unless all of them are covered."""
        first = len(self.people) - 1 - over_s
        if first < 0 or min(self.shares[first:]) < _least(coverage):
            return None
        return [people / _DECI for people in self.people[first:]]

    def mean_peak(self, over_s: int) -> float:
        """Mean of the known local peaks of the last *over_s* seconds, p/m²; 0 without any."""
        known = [peak for peak in self.peaks[-over_s:] if peak != _UNKNOWN]
        return sum(known) / len(known) / _CENTI if known else 0.0

    def newest_people(self) -> float:
        """The newest known number of people; 0 before any."""
        return next((people / _DECI for people in reversed(self.people) if people != _UNKNOWN), 0.0)

    def speeds_mps(self, over_s: int) -> list[float | None]:
        """Mean speeds of the last *over_s* seconds; None where unknown."""
        return [speed / _MILLI if speed != _UNKNOWN else None for speed in self.speeds[-over_s:]]

    def seen_shares(self, over_s: int) -> list[float]:
        """Seen shares of the last *over_s* seconds."""
        return [share / _MILLI for share in self.shares[-over_s:]]


def seen_share(row: CrowdDensity) -> float:
    """How much of a zone is seen, 0 to 1: the smaller of its cameras' share and of its floor's, where that is known."""
    cameras = row.cameras_seen / row.cameras_expected if row.cameras_expected > 0 else 0.0
    return min(cameras, row.observed_share) if row.observed_share > 0 else cameras


def covers(share: float, coverage: float) -> bool:
    """Whether a seen share is enough; a hundredth is left to the rounding of floors."""
    return round(share * _MILLI) >= _least(coverage)


def _least(coverage: float) -> int:
    return max(round(coverage * _MILLI) - _ROUNDING, 1)


@dataclass(slots=True, kw_only=True)
class Crossings:
    """Crossings of one line: each second of the last minute as [second, entered, exited, cameras seen], and all since the beginning."""

    seconds: list[list[int]] = field(default_factory=list)
    entered: int = 0
    exited: int = 0
    width_cm: int = 0

    def take(self, row: CrowdFlow, second: int) -> None:
        """Note the crossings of the second that ends at *second*."""
        self.seconds.append([second, row.entered, row.exited, row.cameras_seen])
        self.entered += row.entered
        self.exited += row.exited
        self.width_cm = round(row.width_m * 100) or self.width_cm

    def forget(self, second: int) -> None:
        """Drop what is older than a minute."""
        while self.seconds and self.seconds[0][0] <= second - FLOW_S:
            self.seconds.pop(0)

    def over(self, over_s: int, second: int) -> tuple[int, int, bool]:
        """Entered and exited in the *over_s* seconds up to *second*, and whether the line was seen in all of them."""
        rows = [row for row in self.seconds if row[0] > second - over_s]
        seen = sum(row[3] > 0 for row in rows) >= over_s
        return sum(row[1] for row in rows), sum(row[2] for row in rows), seen


@dataclass(slots=True, kw_only=True)
class Turnstiles:
    """The newest counters of one area, and where its lines' count begins.

    Args:
        second: when they came; -1 before any.
        inside, passages: entries less exits, and entries and exits.
        base: people inside when lines and turnstiles were first both known, less what the lines had counted until then.
    """

    second: int = -1
    inside: int = 0
    passages: int = 0
    base: int | None = None


@dataclass(slots=True, kw_only=True)
class Memory:
    """Everything that is remembered of the last minutes: by zone, by line, by area."""

    zones: dict[str, Trace] = field(default_factory=dict)
    lines: dict[str, Crossings] = field(default_factory=dict)
    areas: dict[str, Turnstiles] = field(default_factory=dict)

    def take_flow(self, row: CrowdFlow, second: int) -> None:
        """Note the crossings of one line."""
        self.lines.setdefault(row.line, Crossings()).take(row, second)

    def take_occupancy(self, row: CrowdOccupancy, second: int) -> None:
        """Note the counters of one area; a window in which no turnstile reported says nothing."""
        if row.turnstiles_seen > 0:
            area = self.areas.setdefault(row.area, Turnstiles())
            area.second, area.inside, area.passages = second, row.inside, row.entries_total + row.exits_total

    def crossed(self, line: str, over_s: int, second: int) -> tuple[int, int, bool]:
        """Entered, exited, and whether the line was seen throughout; as `Crossings.over`."""
        found = self.lines.get(line)
        return found.over(over_s, second) if found is not None else (0, 0, False)

    def forget(self, second: int) -> None:
        """Drop what is too old."""
        for line in self.lines.values():
            line.forget(second)

    @classmethod
    def load(cls, plain: dict[str, Any]) -> Memory:
        """From what `dataclasses.asdict` made of one."""
        return cls(
            zones={zone: Trace(**row) for zone, row in plain["zones"].items()},
            lines={line: Crossings(**row) for line, row in plain["lines"].items()},
            areas={area: Turnstiles(**row) for area, row in plain["areas"].items()},
        )
