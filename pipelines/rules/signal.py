"""A condition with levels, a hold for each and one time to clear: what the rules beside the ladder are judged by. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.levels import LEVELS, NONE, rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """How long each level of a rule must be met before it counts, and how long not before it falls, µs.

    A rule has the levels that `up_us` names; a condition met at one of them meets those below as well.
    """

    up_us: Mapping[str, int]
    down_us: int


@dataclass(slots=True, kw_only=True)
class Signal:
    """State of one rule at one place; small, plain, and saved as it is.

    Args:
        level: the level now, or none.
        above_us: since when each level has been met, by level.
        below_us: since when each has surely not been met, by level.
    """

    level: str = NONE
    above_us: dict[str, int] = field(default_factory=dict)
    below_us: dict[str, int] = field(default_factory=dict)

    def step(self, now_us: int, met: str, *, known: bool, holds: Holds) -> list[str]:
        """Take the level that is met at *now_us*; returns the levels reached by it, lowest first.

        What is not *known* may rise but never falls: it neither ends a hold nor starts a clearing.
        """
        for level in holds.up_us:
            if rank(level) <= rank(met):
                self.above_us.setdefault(level, now_us)
                self.below_us.pop(level, None)
            elif known:
                self.above_us.pop(level, None)
                self.below_us.setdefault(level, now_us)
            else:
                self.below_us.pop(level, None)
        held = [
            level
            for level, since_us in self.above_us.items()
            if rank(level) <= rank(met) and now_us - since_us >= holds.up_us.get(level, 0) and rank(level) > rank(self.level)
        ]
        if held:
            before, self.level = rank(self.level), max(held, key=rank)
            return [level for level in LEVELS if level in holds.up_us and before < rank(level) <= rank(self.level)]
        self._fall(now_us, holds)
        return []

    def _fall(self, now_us: int, holds: Holds) -> None:
        left = [level for level in holds.up_us if rank(level) <= rank(self.level) and not self._gone(level, now_us, holds.down_us)]
        self.level = max(left, key=rank, default=NONE) if self.level != NONE else NONE

    def _gone(self, level: str, now_us: int, down_us: int) -> bool:
        return level in self.below_us and now_us - self.below_us[level] >= down_us

    def began_us(self) -> int:
        """Since when the lowest level that is met has been met; -1 when none is."""
        return min(self.above_us.values(), default=-1)

    def idle(self) -> bool:
        """Whether nothing is left to remember."""
        return self.level == NONE and not self.above_us
