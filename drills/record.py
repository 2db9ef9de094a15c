"""Records the verified topics of a mode into a file, in the one order of its clock."""

from __future__ import annotations

import threading
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from connectors.kafka import Rejected, Tail
from drills.order import Order
from drills.recording import THINGS, About, Entry, Recorder
from pipelines.codec import encode_body
from pipelines.probe import is_probe
from pipelines.units import MICRO
from plan import needs
from plan.load import plan_hash
from plan.model import Plan

_FLUSH_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What went into a recording: messages by topic, how long it is (s of the mode's clock), and what was special."""

    counts: dict[str, int]
    seconds: float
    overtaken: int
    displaced: int
    rejected: int


def about(mode: str, plan: Plan) -> About:
    """What a recording of *mode* says of itself."""
    project = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    return About(
        mode=mode,
        site=plan.event.site,
        plan_hash=plan_hash(plan),
        version=str(project["project"]["version"]),
        plan=plan.model_dump(mode="json"),
    )


class Recording:
    """One recording under way.

    Args:
        kafka: host:port.
        mode: the mode that is recorded.
        plan: its plan.
        out: a binary stream.
        begin: from the beginning of its topics, else from now on.
    """

    def __init__(self, kafka: str, *, mode: str, plan: Plan, out: IO[bytes], begin: bool) -> None:
        """Dial, and write the head of the file."""
        self._tail = Tail(kafka, mode=mode, things=THINGS, start="begin" if begin else "end")
        begins, ends = self._tail.begins(), self._tail.ends()
        behind = {place: end for place, end in ends.items() if begin and end > begins[place]}
        self._order = Order(self._tail.partitions, ticked=needs.ticked(plan), behind=behind)
        self._recorder = Recorder(out, about(mode, plan))
        self._rejected = 0

    def follow(self, stop: threading.Event, *, for_s: float | None, over: Callable[[], bool]) -> bool:
        """Record until told to stop, for *for_s* of the mode's clock, or until the mode is *over*; returns whether it is."""
        flushed_s = time.monotonic()
        while not stop.is_set() and not self._long_enough(for_s):
            is_over = over()  # asked first: what came before it is read below
            if self._take(self._tail.poll(0.3)) == 0 and is_over:
                return True
            if time.monotonic() - flushed_s > _FLUSH_S:
                self._recorder.flush()
                flushed_s = time.monotonic()
        return False

    def read_to_end(self) -> None:
        """Record all that is there now."""
        for row in self._tail.read_to_end():
            self._take([row])

    def _take(self, rows: list) -> int:  # type: ignore[type-arg]  # rows of the tail
        for row in rows:
            if isinstance(row.record, Rejected):
                self._rejected += 1
                continue
            if is_probe(row.record):  # the dead man's switch belongs to the mode that runs, not to what it saw
                self._order.caught_up((row.thing, row.partition), row.offset + 1)
                continue
            entry = Entry(
                clock_us=0,
                thing=row.thing,
                partition=row.partition,
                offset=row.offset,
                appended_us=row.appended_us,
                body=b"" if getattr(row.record, "tick", False) else encode_body(row.record),
            )
            self._order.put(entry, row.record)
        for entry in self._order.ready():
            self._recorder.put(entry)
        return len(rows)

    def _long_enough(self, for_s: float | None) -> bool:
        return for_s is not None and 0 <= self._order.first_tick_us <= self._order.frontier_us - round(for_s * MICRO)

    def finish(self, *, ended: bool, for_s: float | None = None) -> Recorded:
        """Write what is left, and close the file. *ended*: the mode's last tick is in it."""
        until_us = None if ended else self._order.frontier_us
        if for_s is not None and until_us is not None and self._order.first_tick_us >= 0:
            until_us = min(until_us, self._order.first_tick_us + round(for_s * MICRO))
        for entry in self._order.rest(until_us=until_us):
            self._recorder.put(entry)
        notes = {name: str(self._order.counts[name]) for name in ("overtaken", "displaced")}
        self._recorder.finish(ended=ended, notes={**notes, "rejected": str(self._rejected)})
        self._tail.close()
        length_us = self._order.given_us - self._order.first_tick_us if self._order.first_tick_us >= 0 else 0
        return Recorded(
            counts=dict(self._recorder.counts),
            seconds=round(max(length_us, 0) / MICRO, 2),
            overtaken=self._order.counts["overtaken"],
            displaced=self._order.counts["displaced"],
            rejected=self._rejected,
        )


def record_ended(kafka: str, *, mode: str, plan: Plan, out: IO[bytes]) -> Recorded:
    """Record a played mode that has sent its last tick."""
    recording = Recording(kafka, mode=mode, plan=plan, out=out, begin=True)
    recording.read_to_end()
    return recording.finish(ended=True)
