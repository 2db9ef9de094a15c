"""Counter-flow: the share of those who go against the greater number."""

from __future__ import annotations


def minority_share(*, entered: int, exited: int, least: int) -> float | None:
    """Share of the smaller direction in all crossings of a line, 0 to 0.5; None for fewer than *least* crossings.

    Args:
        entered: crossings in one direction.
        exited: crossings in the other, over the same seconds.
        least: crossings below which a share says nothing: one of four people who turns round is no counter-flow.
    """
    crossings = entered + exited
    return min(entered, exited) / crossings if crossings >= max(least, 1) else None
