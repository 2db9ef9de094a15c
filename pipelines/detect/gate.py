"""Whether a frame is looked into by the detector, or what is known is carried on. Pure.

A detector takes 15 ms of a core for a frame; to see that nothing has changed takes a fiftieth of it. So a frame is looked
into when something moves outside the known boxes, when a box is no longer like itself, when one has not been believed
yet, when much is going on, and at the latest after `longest_us`. A busy place is therefore looked at in nearly every
frame, whatever it costs; what is saved is saved where people stand still, and where nobody is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.units import MICRO

Boxes = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """When a frame is looked into.

    Args:
        longest_us: at the latest after so long, whatever the picture does.
        shortest_us: where few are known, what moves is looked at again after so long at the soonest.
        few: moving boxes up to which that holds; where more move, each frame with motion is looked into.
        moves: of its own width; who has gone so far since the last look moves.
        crowded: known boxes from which every frame is looked into.
        elsewhere: samples that must have changed outside the known boxes.
        like: normalised correlation of a box with itself at the last look, below which it is doubtful.
        furthest: of its own width; who has gone further since the last look may have turned, or have grown.
        fades_us: a carried box's score halves in so long, so that it begins no track and looks sure no more.

    Source: tuned on frames 0 to 396 of vtest.avi alone, for at most one point of recall lost there; `longest_us`,
    `fades_us` and `crowded` are our choice.
    """

    longest_us: int = 3 * MICRO
    shortest_us: int = 300_000
    few: int = 2
    moves: float = 0.1
    crowded: int = 12
    elsewhere: int = 30
    like: float = 0.6
    furthest: float = 1.0
    fades_us: int = 2 * MICRO


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """What is left in a new frame of what was known at the last look.

    Args:
        boxes: (n, 6) px, where they are now.
        like: (n,) how like itself each box is there, -1..1.
        gone: (n,) how far it is from where it was, in its own widths.
        elsewhere: samples outside of them that differ from the last look.
    """

    boxes: Boxes
    like: NDArray[np.float64]
    gone: NDArray[np.float64]
    elsewhere: int


def why_look(followed: Followed | None, *, age_us: int, settings: GateSettings) -> str:
    """Why a frame must be looked into; no text where what is known can be carried on.

    Args:
        followed: None where nothing may be carried: nothing is known, or a box has not been believed yet.
        age_us: since the last look.
        settings: thresholds.
    """
    if followed is None:
        return "nothing to carry"
    people = len(followed.boxes)
    if age_us >= settings.longest_us:
        return "long ago"
    if people >= settings.crowded:
        return "crowded"
    if age_us < settings.shortest_us and (followed.gone >= settings.moves).sum() <= settings.few:
        return ""
    if followed.elsewhere >= settings.elsewhere:
        return "something else moves"
    if people and followed.like.min() < settings.like:
        return "a box is doubtful"
    if people and followed.gone.max() > settings.furthest:
        return "a box has gone far"
    return ""


def faded(boxes: Boxes, *, age_us: int, settings: GateSettings) -> Boxes:
    """Boxes (n, 6) with the scores that are left of them *age_us* after they were found."""
    found = boxes.copy()
    found[:, 4] *= 0.5 ** (age_us / settings.fades_us)
    return found
