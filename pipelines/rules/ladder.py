"""The ladder of one zone: which level its local peak has, with hold, hysteresis and the card rule. Pure, event time only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.events import CrowdDensity
from pipelines.levels import LEVELS, NONE, rank
from pipelines.units import MICRO

CROWD: Final = "crowd_density"
_CARD_FROM: Final = LEVELS.index("warning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What one zone is judged by.

    Args:
        thresholds: p/m² of the five levels, rising.
        hold_up_us, hold_down_us: how long a level must be crossed, or left, before it counts.
        hysteresis: p/m² below a threshold before it counts as left.
        card_mean_per_m2, card_hold_us, card_radius_m: the card rule of levels IV and III.
    """

    thresholds: tuple[float, float, float, float, float]
    hold_up_us: int
    hold_down_us: int
    hysteresis: float
    card_mean_per_m2: float
    card_hold_us: int
    card_radius_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One window of one zone; `covered` says that enough of its cameras were seen, `seen` that any was.

    `at_least` says that the peak is a lower bound: it may rise by that, and is told so, but no level follows from it here.
    """

    peak_per_m2: float
    x_m: float
    y_m: float
    around_per_m2: float
    seen: bool
    covered: bool
    at_least: bool = False


UNSEEN: Final = Reading(peak_per_m2=0, x_m=0, y_m=0, around_per_m2=0, seen=False, covered=False)


def reading_of(row: CrowdDensity, *, covered: bool) -> Reading:
    """The reading that a density row is."""
    return Reading(
        peak_per_m2=row.local_peak_per_m2,
        x_m=row.peak_x_m,
        y_m=row.peak_y_m,
        around_per_m2=row.around_per_m2,
        seen=row.cameras_seen > 0,
        covered=covered,
        at_least=row.saturated,
    )


@dataclass(slots=True, kw_only=True)
class Ladder:
    """State of one zone's ladder; small, plain, and saved as it is.

    Args:
        level: the level now, or none.
        above_us: since which window end the peak has been at or above each threshold; -1 = it is not.
        below_us: since which window end it has been below threshold - hysteresis, while covered; -1 = it is not.
        anchor: x, y and since when (µs) the peak has stood in one place with a dense surrounding; empty = nowhere.
    """

    level: str = NONE
    above_us: list[int] = field(default_factory=lambda: [-1] * len(LEVELS))
    below_us: list[int] = field(default_factory=lambda: [-1] * len(LEVELS))
    anchor: list[float] = field(default_factory=list)

    def step(self, now_us: int, reading: Reading, steps: Steps) -> list[str]:
        """Take the window that ends at *now_us*; returns the levels reached by it, lowest first.

        Below the plan's coverage a level may rise but never falls: what is not seen neither ends a hold nor starts a
        clearing.
        """
        self._time(now_us, reading, steps)
        self._place(now_us, reading, steps)
        held = [
            index
            for index, since in enumerate(self.above_us)
            if since >= 0 and now_us - since >= steps.hold_up_us and reading.peak_per_m2 >= steps.thresholds[index]
        ]
        before = rank(self.level)
        if held and held[-1] > before:
            self.level = LEVELS[held[-1]]
            return list(LEVELS[before + 1 : held[-1] + 1])
        self._fall(now_us, steps)
        return []

    def _time(self, now_us: int, reading: Reading, steps: Steps) -> None:
        for index, threshold in enumerate(steps.thresholds):
            if reading.peak_per_m2 >= threshold:
                if self.above_us[index] < 0:
                    self.above_us[index] = now_us
            elif reading.covered:
                self.above_us[index] = -1
            if reading.covered and reading.peak_per_m2 < threshold - steps.hysteresis:
                if self.below_us[index] < 0:
                    self.below_us[index] = now_us
            else:
                self.below_us[index] = -1

    def _fall(self, now_us: int, steps: Steps) -> None:
        at = rank(self.level)
        while at >= 0 and self.below_us[at] >= 0 and now_us - self.below_us[at] >= steps.hold_down_us:
            at -= 1
        self.level = LEVELS[at] if at >= 0 else NONE

    def _place(self, now_us: int, reading: Reading, steps: Steps) -> None:
        if not reading.seen:
            return
        if reading.peak_per_m2 < steps.thresholds[0] or reading.around_per_m2 <= steps.card_mean_per_m2:
            self.anchor = []
        elif not self.anchor or max(abs(reading.x_m - self.anchor[0]), abs(reading.y_m - self.anchor[1])) > steps.card_radius_m:
            self.anchor = [reading.x_m, reading.y_m, float(now_us)]

    def deserves_card(self, now_us: int, steps: Steps) -> bool:
        """Whether the level may be shown and sounded: II and I by themselves, III and IV by the card rule."""
        if rank(self.level) >= _CARD_FROM:
            return True
        return rank(self.level) >= 0 and bool(self.anchor) and now_us - self.anchor[2] >= steps.card_hold_us

    def began_us(self) -> int:
        """The window end that first crossed the lowest level of the present hold."""
        return self.above_us[0]


def steps_of(area_type: Any, timing: Any) -> Steps:
    """The steps of an area type (plan.model.AreaType) under the plan's timing (plan.model.Timing)."""
    return Steps(
        thresholds=tuple(getattr(area_type.ladder, level) for level in LEVELS),
        hold_up_us=round(timing.hold_up_s * MICRO),
        hold_down_us=round(timing.hold_down_s * MICRO),
        hysteresis=timing.hysteresis_per_m2,
        card_mean_per_m2=area_type.card_mean_per_m2,
        card_hold_us=round(timing.card_hold_s * MICRO),
        card_radius_m=timing.card_radius_m,
    )
