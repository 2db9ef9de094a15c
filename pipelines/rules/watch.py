"""What the rules remember beside the traces."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple


class Told(NamedTuple):
    """What a visitor reported: when (µs of the wall), where, what, who."""

    at_us: int
    x_m: float
    y_m: float
    kind: str
    who: str


@dataclass(slots=True)
class Watch:
    """What the rules remember.

    Args:
        people: newest mean number of people by zone.
        unknown_us: since when each zone has been unknown.
        outputs: by "zone/output", [started µs, x m, y m, panel] of panel outputs whose feedback has not come.
        now_us: the step that was taken last; -1 before any.
        passes: by the beginning of a pass's pseudonym, (gate, µs, inside) of where it was presented last.
        heard: when each device and camera was heard last, µs; first_us: when each kind of them began to speak.
        told: reports of visitors that may still count.
        recent: by key, (rule, place, µs, x m, y m) of alerts that combinations ask for.
    """

    people: dict[str, float] = field(default_factory=dict)
    unknown_us: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, list[Any]] = field(default_factory=dict)
    now_us: int = -1
    passes: dict[str, tuple[str, int, bool]] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    first_us: dict[str, int] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    recent: dict[str, tuple[str, str, int, float, float]] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """Plain values for the saved state; not copied, since tens of thousands of passes are in it each second."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def load(cls, plain: dict[str, Any]) -> Watch:
        """The inverse of `dump`."""
        watch = cls(**plain)
        watch.passes = {key: (gate, at_us, inside) for key, (gate, at_us, inside) in watch.passes.items()}
        watch.told = [Told(*row) for row in watch.told]
        watch.recent = {key: (rule, place, at_us, x_m, y_m) for key, (rule, place, at_us, x_m, y_m) in watch.recent.items()}
        return watch
