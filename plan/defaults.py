"""Area types and level-of-service bounds that a plan may start from; every number with its source.

The marks [V] (read in a source) and [K] (widely quoted, not re-read) tell a safety officer what to confirm.
"""

from __future__ import annotations

from typing import Any, Final

_LADDER: Final = "our proposal, to be signed by the safety officer"
AREA_TYPES: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": "standing",
        "ladder": {"watch": 2.0, "caution": 3.0, "warning": 4.0, "critical": 5.0, "act_now": 6.0},
        "los_scale": "walkway",
        "card_mean_per_m2": 0.72,
        "source": _LADDER,
    },
    {
        "id": "way",
        "ladder": {"watch": 1.1, "caution": 1.75, "warning": 2.5, "critical": 3.5, "act_now": 4.5},
        "los_scale": "walkway",
        "card_mean_per_m2": 0.72,
        "source": _LADDER,
    },
    {
        "id": "stairs",
        "ladder": {"watch": 0.7, "caution": 1.1, "warning": 1.75, "critical": 2.7, "act_now": 3.5},
        "los_scale": "stairs",
        "card_mean_per_m2": 1.08,
        "source": _LADDER,
    },
    {
        "id": "queue",
        "ladder": {"watch": 1.1, "caution": 1.5, "warning": 2.5, "critical": 3.6, "act_now": 4.5},
        "los_scale": "queue",
        "card_mean_per_m2": 1.08,
        "source": _LADDER,
    },
)
LOS: Final[tuple[dict[str, Any], ...]] = (
    {"scale": "walkway", "bounds_per_m2": (0.31, 0.43, 0.72, 1.08, 2.17), "source": "Fruin 1971 [V]"},
    {"scale": "queue", "bounds_per_m2": (0.83, 1.08, 1.54, 3.57, 5.26), "source": "Fruin [K]"},
    {"scale": "stairs", "bounds_per_m2": (0.54, 0.72, 1.08, 1.54, 2.70), "source": "Fruin [K]"},
)
