"""People who vanish inside a dense patch: what a collapse looks like to a camera."""

from __future__ import annotations

from collections.abc import Sequence


def vanished_share(*, lost: Sequence[int], patch_people: Sequence[int], least: int) -> float:
    """Share of a patch's people whose tracks ended inside it, 0 to 1; 0 for a patch of fewer than *least* people.

    When people fall, detection loses them: density falls as if they had gone. Tracks that end at the patch's edge or go
    on outside it are outflow and are not counted as lost.

    Args:
        lost: tracks that ended inside, less those that began there, each second.
        patch_people: people in connected boxes of 4 p/m² and more, each second of the same time.
        least: people below which the patch says nothing.
    """
    people = max(patch_people, default=0)
    return min(max(sum(lost), 0) / people, 1.0) if people >= max(least, 1) else 0.0
