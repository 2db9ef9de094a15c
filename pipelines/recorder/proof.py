"""Proof of retention: of each camera, from when there is video, where there is none, how sharp it is, how long the disk lasts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.events import CameraSegment
from pipelines.recorder.keeping import FLOOR_DAYS
from pipelines.recorder.naming import DAY_US
from pipelines.units import MICRO

GAP_US: Final = MICRO  # two files that lie nearer together follow on
STANDARD_PX: Final = (1920, 1080)
_SETTLED_US: Final = 90 * MICRO  # a file that is being written is not in the index yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch without pictures."""

    start_us: int
    end_us: int
    ended: str

    @property
    def length_s(self) -> float:
        """How long it is, seconds."""
        return round((self.end_us - self.start_us) / MICRO, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is proved of one camera.

    Args:
        since_us, until_us: first and last picture within the days that are asked for; 0 where there is none.
        gaps: stretches without pictures between them, and after the last one where it is not recording now.
        recorded_us: length of all there is, without the gaps.
        size_bytes: of all files.
        bytes_a_day: at the rate of what is recorded.
        smallest_px: the smallest picture in it.
        codecs: those in it.
        missing: files of the index that are not there, or not of their size.
        faults: sentences; none where it is as the standard asks.
    """

    camera: str
    since_us: int
    until_us: int
    gaps: tuple[Gap, ...]
    recorded_us: int
    size_bytes: int
    bytes_a_day: int
    smallest_px: tuple[int, int]
    codecs: tuple[str, ...]
    missing: tuple[str, ...]
    faults: tuple[str, ...]


def prove(
    camera: str, segments: Sequence[CameraSegment], *, now_us: int, days: int = FLOOR_DAYS, missing: Sequence[str] = (), wanted: bool = True
) -> Proof:
    """What the last *days* of a camera are worth.

    Args:
        camera: its id.
        segments: what the index has of it and is on the disk, in any order.
        now_us: the present, µs UTC.
        days: that are asked for.
        missing: files that the index has and the disk has not.
        wanted: whether the plan wants it recorded, so that silence is a fault.
    """
    rows = sorted((row for row in segments if row.end_us > now_us - days * DAY_US), key=lambda row: row.start_us)
    gaps = _gaps(rows, now_us=now_us, wanted=wanted)
    recorded_us = sum(max(row.end_us - row.start_us, 0) for row in rows)
    size_bytes = sum(row.size_bytes for row in rows)
    known = [(row.width_px, row.height_px) for row in rows if row.width_px and row.height_px]
    smallest = min(known, key=lambda size: size[0] * size[1], default=(0, 0))
    return Proof(
        camera=camera,
        since_us=rows[0].start_us if rows else 0,
        until_us=max((row.end_us for row in rows), default=0),
        gaps=gaps,
        recorded_us=recorded_us,
        size_bytes=size_bytes,
        bytes_a_day=size_bytes * DAY_US // recorded_us if recorded_us else 0,
        smallest_px=smallest,
        codecs=tuple(sorted({row.codec for row in rows})),
        missing=tuple(missing),
        faults=_faults(rows, gaps, smallest, missing, days=days, wanted=wanted),
    )


def days_that_fit(proofs: Sequence[Proof], *, free_bytes: int, reserve_bytes: int) -> float:
    """How many days of all these cameras the disk holds, what is there counted in; infinite where nothing is recorded."""
    a_day = sum(proof.bytes_a_day for proof in proofs)
    room = max(free_bytes - reserve_bytes, 0) + sum(proof.size_bytes for proof in proofs)
    return round(room / a_day, 1) if a_day else float("inf")


def _gaps(rows: Sequence[CameraSegment], *, now_us: int, wanted: bool) -> tuple[Gap, ...]:
    found = []
    covered_us, ended = (rows[0].start_us, "") if rows else (now_us, "")
    for row in rows:
        if row.start_us - covered_us > GAP_US:
            found.append(Gap(start_us=covered_us, end_us=row.start_us, ended=ended))
        if row.end_us > covered_us:
            covered_us, ended = row.end_us, row.ended
    if wanted and now_us - covered_us > _SETTLED_US:
        found.append(Gap(start_us=covered_us, end_us=now_us, ended=ended))
    return tuple(found)


def _faults(
    rows: Sequence[CameraSegment], gaps: Sequence[Gap], smallest: tuple[int, int], missing: Sequence[str], *, days: int, wanted: bool
) -> tuple[str, ...]:
    if not rows:
        return (f"nothing is recorded within {days} days",) if wanted else ()
    found = []
    if gaps:
        found.append(
            f"{len(gaps)} gaps, {sum(gap.length_s for gap in gaps):g} s in all, the longest {max(gap.length_s for gap in gaps):g} s"
        )
    if smallest == (0, 0):
        found.append("the size of its picture is unknown")
    elif min(smallest) < STANDARD_PX[1] or max(smallest) < STANDARD_PX[0]:
        found.append(f"{smallest[0]} x {smallest[1]} is less than the 1080p that the standard asks for")
    if missing:
        found.append(f"{len(missing)} files of the index are not there, or not whole: {missing[0]}")
    return tuple(found)
