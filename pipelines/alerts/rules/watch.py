"""What the rules remember beside the traces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Watch:
    """What the rules remember.

    Args:
        people: newest mean number of people by zone.
        unknown_us: since when each zone has been unknown.
        outputs: by "zone/output", [started µs, x m, y m, panel] of panel outputs whose feedback has not come.
    """

    people: dict[str, float] = field(default_factory=dict)
    unknown_us: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, list[Any]] = field(default_factory=dict)
