"""The five levels of danger and their order: the words in which stages, plan, rules and page speak of how bad it is."""

from __future__ import annotations

from typing import Final

LEVELS: Final = ("watch", "caution", "warning", "critical", "act_now")
NONE: Final = "none"
_LATCHING_FROM: Final = LEVELS.index("critical")


def rank(level: str) -> int:
    """-1 for none, 0 for watch … 4 for act_now."""
    return -1 if level == NONE else LEVELS.index(level)


def latches(level: str) -> bool:
    """Whether an alert of that level stays until a person clears it."""
    return rank(level) >= _LATCHING_FROM
