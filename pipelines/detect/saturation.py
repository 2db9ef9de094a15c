"""From which density on a view no longer tells people apart, so that its count is a lower bound. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipelines.detect.floor import BOX_M2


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """What a view cannot see.

    Args:
        from_per_m2: seen density of a 2 m box from which people hide each other.
        error: share of the seen people by which the true number may then be higher.
    """

    from_per_m2: float
    error: float

    @property
    def box_people(self) -> int:
        """People seen in a 2 m box from which it holds; at least one."""
        return max(round(self.from_per_m2 * BOX_M2), 1)


# Source: `muster bench detect --only saturation`. From above the motion backend counts 1.07 of 3 p/m², 0.68 of 4 and next to
# none of 6, so what it shows as 2.5 may be 5. From the side a model of bodies that hide each other shows 0.36 of 2 p/m².
FROM_ABOVE: Final = Saturation(from_per_m2=2.5, error=1.0)
FROM_THE_SIDE: Final = Saturation(from_per_m2=2.0, error=1.5)
