"""Which packets of which files make a clip: from the last key frame before its start, to its end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipelines.recorder.keeping import Stored
from pipelines.units import MICRO


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One packet of a recording: which file, which packet in it, when its picture was, and when it is decoded."""

    file: str
    number: int
    at_us: int
    decode_us: int
    key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a clip is made of.

    Args:
        places: its packets in order; none where there is no picture.
        start_us, end_us: its true start and end: a key frame, and the last picture.
        holes: stretches within it that have no picture, µs UTC.
    """

    places: tuple[Place, ...]
    start_us: int = 0
    end_us: int = 0
    holes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A clip that was written.

    Args:
        start_us, end_us: its true first and last picture, µs UTC.
        holes: stretches in it without pictures, µs UTC.
        files: that it was cut out of.
        pictures, size_bytes, codec: of the clip.
    """

    start_us: int
    end_us: int
    holes: tuple[tuple[int, int], ...]
    files: tuple[str, ...]
    pictures: int
    size_bytes: int
    codec: str


def files_for(segments: Iterable[Stored], *, from_us: int, until_us: int, lead_us: int) -> tuple[Stored, ...]:
    """Files that may hold something of [from, until), and those within *lead_us* before it, in which its key frame may be."""
    return tuple(
        sorted((row for row in segments if row.start_us < until_us and row.end_us > from_us - lead_us), key=lambda row: row.start_us)
    )


def cut(places: Sequence[Place], *, from_us: int, until_us: int) -> Clip:
    """The clip over [from, until) out of *places*, which are in the order in which they were recorded."""
    first = max((index for index, place in enumerate(places) if place.key and place.at_us <= from_us), default=-1)
    if first < 0 or all(place.at_us < from_us for place in places[first:]):
        first = next((index for index, place in enumerate(places) if place.key and place.at_us >= from_us), -1)
    if first < 0:
        return Clip(places=())
    taken = [place for place in places[first:] if place.decode_us < until_us and place.at_us < until_us]
    if not taken or max(place.at_us for place in taken) < from_us:
        return Clip(places=())
    shown = sorted(place.at_us for place in taken)
    holes = tuple((one, two) for one, two in pairwise(shown) if two - one > MICRO)
    return Clip(places=_rising(taken), start_us=shown[0], end_us=shown[-1], holes=holes)


def _rising(places: Sequence[Place]) -> tuple[Place, ...]:
    """*places* with decoding times that rise: two files meet within a millisecond, in either order."""
    out: list[Place] = []
    for place in places:
        decode_us = max(place.decode_us, out[-1].decode_us + 1_000) if out else place.decode_us
        out.append(replace(place, decode_us=decode_us, at_us=max(place.at_us, decode_us)))
    return tuple(out)
