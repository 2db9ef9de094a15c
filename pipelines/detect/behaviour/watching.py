"""All rules of behaviour of one camera: frames of tracks in, what begins, goes on and ends out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipelines.detect.behaviour.scene import Floats, Ints, Scene, Sign, scene_of
from pipelines.events import CameraEvent


class Rule(Protocol):
    """One rule.

    Attributes:
        kind: what it tells of.
        gap_us: not seen for longer than this, a spell is over.
        again_us: a spell that goes on is told of so often.
    """

    @property
    def kind(self) -> str: ...  # noqa: D102 - a field
    @property
    def gap_us(self) -> int: ...  # noqa: D102 - a field
    @property
    def again_us(self) -> int: ...  # noqa: D102 - a field
    def look(self, scene: Scene) -> list[Sign]:
        """What is so in this frame."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a rule holds: spans [since, until), µs UTC; always without any."""

    spans_us: tuple[tuple[int, int], ...] = ()

    def hold(self, event_us: int) -> bool:
        """Whether the rule holds at *event_us*."""
        return not self.spans_us or any(since <= event_us < until for since, until in self.spans_us)


@dataclass(slots=True)
class _Spell:
    sign: Sign
    seen_us: int
    told_us: int
    most: int


@dataclass(slots=True)
class _Watched:
    rule: Rule
    hours: Hours
    spells: dict[str, _Spell] = field(default_factory=dict)


class Behaviour:
    """The rules of one camera. They are shown only people whose floor the camera owns, so nobody is told of twice.

    Args:
        camera: its id.
        rules: each with when it holds.
    """

    def __init__(self, camera: str, rules: Sequence[tuple[Rule, Hours]]) -> None:
        """Nothing is going on."""
        self._camera = camera
        self._watched = [_Watched(rule, hours) for rule, hours in rules]

    def take(
        self, event_us: int, tracks: Ints, positions_cm: Ints, velocities_cmps: Ints, shapes: Floats | None = None, *, received_us: int
    ) -> list[CameraEvent]:
        """Take a frame, later than the last one; arguments as of `scene_of`."""
        scene = scene_of(event_us, tracks, positions_cm, velocities_cmps, shapes)
        return [record for watched in self._watched for record in self._step(watched, scene, received_us)]

    def _step(self, watched: _Watched, scene: Scene, received_us: int) -> list[CameraEvent]:
        rule, now_us, out = watched.rule, scene.event_us, []
        for sign in rule.look(scene) if watched.hours.hold(now_us) else ():
            spell = watched.spells.get(sign.key)
            if spell is None:
                watched.spells[sign.key] = _Spell(sign, now_us, now_us, sign.people)
                out.append(self._record(rule, sign, "begin", now_us, received_us))
                continue
            spell.sign, spell.seen_us = sign, now_us
            if sign.people > spell.most or now_us - spell.told_us >= rule.again_us:
                spell.told_us, spell.most = now_us, max(spell.most, sign.people)
                out.append(self._record(rule, sign, "going", now_us, received_us))
        for key, spell in [row for row in watched.spells.items() if now_us - row[1].seen_us > rule.gap_us]:
            del watched.spells[key]
            out.append(self._record(rule, spell.sign, "end", now_us, received_us))
        return out

    def _record(self, rule: Rule, sign: Sign, state: str, now_us: int, received_us: int) -> CameraEvent:
        return CameraEvent(
            camera=self._camera,
            event_time_us=now_us,
            received_us=received_us,
            kind=rule.kind,
            place=sign.place,
            track=sign.track,
            since_us=sign.since_us,
            people=sign.people,
            value=sign.value,
            unit=sign.unit,
            x_cm=sign.at_cm[0],
            y_cm=sign.at_cm[1],
            state=state,
        )
