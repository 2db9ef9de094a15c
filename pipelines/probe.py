"""The dead man's switch: a synthetic signed event that every stage lets pass, and the word that each says of it. Pure.

It is an envelope of the device `probe`, which no plan names; its reading has the kind and the state `probe`, so that no
rule takes it for an alarm, and its number stands in the reading's `output`. INGEST copies it to sensor.p1 and nowhere
else; ALERTS answers it in probe.passed, DISPATCH reads that answer and gives its own. It counts in no total.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pipelines.events import ProbePassed, SensorFire
from pipelines.units import US_PER_S

PROBE: Final = "probe"
STAGES: Final = ("ingest", "alerts", "dispatch")  # in the order in which the event passes them
TOO_OLD_US: Final = 30 * US_PER_S  # a stage that catches up says nothing of events this old


def reading(sequence: int, sent_us: int) -> SensorFire:
    """The reading of the synthetic event *sequence*, sent at *sent_us* (µs UTC)."""
    return SensorFire(
        device=PROBE, event_time_us=sent_us, received_us=0, zone="", kind=PROBE, state=PROBE, output=str(sequence), x_cm=0, y_cm=0
    )


def is_probe(record: Any) -> bool:
    """Whether a reading is the synthetic event."""
    return isinstance(record, SensorFire) and record.kind == PROBE


def passed(found: SensorFire, *, stage: str, at_us: int, clock_us: int = -1, problem: str = "") -> ProbePassed:
    """What *stage* says of the synthetic event at *at_us* (µs UTC).

    Args:
        found: the reading of the event.
        stage: one of `STAGES`.
        at_us: now.
        clock_us: how far the stage's event time has come; -1 where it keeps none.
        problem: what the stage found wrong with itself; empty if nothing.
    """
    sequence = int(found.output) if found.output.isdecimal() else -1
    return ProbePassed(sequence=sequence, sent_us=found.event_time_us, stage=stage, at_us=at_us, clock_us=clock_us, problem=problem)


def hops(records: Iterable[Any], *, after: str, stage: str, at_us: int, problem: str = "") -> list[ProbePassed]:
    """The answers of *stage* to what the stage *after* it in the path has passed on just now."""
    return [
        ProbePassed(sequence=row.sequence, sent_us=row.sent_us, stage=stage, at_us=at_us, clock_us=-1, problem=problem)
        for row in records
        if isinstance(row, ProbePassed) and row.stage == after and at_us - row.at_us <= TOO_OLD_US
    ]
