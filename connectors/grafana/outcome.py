"""What became of each thing that a push looks after. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Did(StrEnum):
    """What was done with a thing."""

    MADE = "made"
    CHANGED = "changed"
    SAME = "same"
    KEPT = "kept"  # it stands there otherwise than we would have it, and was left so
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One thing of one step.

    Args:
        step: folders, source, boards, rules, contacts, rights, drills or playlist.
        thing: what it is called.
        sentence: what there is to say of it; empty where nothing is.
        lines: the difference, `place: there → ours`.
    """

    step: str
    thing: str
    did: Did
    sentence: str = ""
    lines: Sequence[str] = ()


def count(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How often each thing was done."""
    return {did.value: sum(outcome.did is did for outcome in outcomes) for did in Did}
