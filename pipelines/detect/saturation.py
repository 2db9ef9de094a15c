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


# Source: `muster bench detect --only saturation`. From above the motion backend counts drawn crowds by their area, 0.96 to 1.12
# of them up to 6 p/m²; real ones have bags, hats and shadows, so from where bodies touch as many again are allowed for. From
# the side a model of bodies that hide each other shows 0.7 p/m² of 1 as of 2, and ever less beyond; what stays is that its
# fullest 2 m box holds five people or more from 1 to 6 p/m², and seldom below 0.5. The error is that of 2 p/m².
FROM_ABOVE: Final = Saturation(from_per_m2=2.5, error=1.0)
FROM_THE_SIDE: Final = Saturation(from_per_m2=1.25, error=2.0)
