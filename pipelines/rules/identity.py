"""Passes: one at two gates that nobody reaches in that time, and one that comes in twice without leaving."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pipelines.rules.evidence import Evidence
from pipelines.units import MICRO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.events import SensorIdentity
    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

PASS_BACK: Final = "pass_back"  # noqa: S105 - the name of a rule
TWO_GATES: Final = "pass_two_gates"
_KEPT: Final = 12  # hex digits of a pseudonym: among a hundred thousand passes two are alike with a chance of 2e-5
_FORGET_EVERY_S: Final = 600


def identity(facts: Facts, now_us: int, row: SensorIdentity) -> Iterator[Evidence]:
    """One pass presented at a gate; whose it is stays out of the alert, which names the reader."""
    gate = facts.ground.gates.get(row.gate)
    if gate is None or gate.inner or not row.pass_pseudonym:
        return
    key, passes, inwards = row.pass_pseudonym[:_KEPT], facts.watch.passes, row.device not in facts.ground.ways_out
    if key not in passes:
        passes[key] = (row.gate, row.event_time_us, row.outcome == "match" and inwards)
        return
    before, at_us, inside = passes[key]
    apart_s = abs(row.event_time_us - at_us) / MICRO
    rule = facts.plan.signs.identity
    there = facts.ground.gates.get(before, gate)
    found = ""
    if apart_s * rule.travel_mps < math.dist(there.at, gate.at):
        found = TWO_GATES
    elif inwards and inside and row.outcome == "match" and row.event_time_us > at_us:
        again = before == row.gate and apart_s < rule.repeat_s
        found = PASS_BACK if gate.area and gate.area == there.area and not again else ""
    if found:
        yield Evidence(
            rule=found,
            place=row.gate,
            start_us=row.event_time_us,
            now_us=now_us,
            levels=("caution",),
            value=apart_s,
            unit="s",
            at_m=gate.at,
            source=row.device,
            subject=key,
        )
    if row.event_time_us >= at_us:
        passes[key] = (row.gate, row.event_time_us, _inside(facts, row, inside=inside, inwards=inwards))


def _inside(facts: Facts, row: SensorIdentity, *, inside: bool, inwards: bool) -> bool:
    if row.outcome != "match":
        return inside
    return True if inwards else inside and not facts.ground.reentry(row.gate)


def forget(facts: Facts, now: Second) -> None:
    """Drop passes that were not seen for as long as the plan says."""
    if now.second % _FORGET_EVERY_S == 0:
        oldest_us = now.now_us - round(facts.plan.signs.identity.kept_h * 3600 * MICRO)
        facts.watch.passes = {key: row for key, row in facts.watch.passes.items() if row[1] >= oldest_us}
