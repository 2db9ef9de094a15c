"""Where a stream is cut into files, and when a file's pictures were: packets in, steps out. Pure.

A file begins with a key frame, so that it can be played alone, and ends at the first key frame after `SEGMENT_US`. Media time
is the camera's own and says how pictures follow on each other; when they were, only their arrival says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pipelines.units import MICRO

SEGMENT_US: Final = 30 * MICRO
LONGEST_US: Final = 60 * MICRO  # without a key frame: the next file cannot be played alone, but this one ends
JUMP_US: Final = 2 * MICRO  # media time that leaps further has a hole in it, or another origin

Step = Literal["write", "begin", "wait"]  # into the open file; into a new one; into none, until a key frame comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One packet, as far as the cut goes by it.

    Args:
        pts_us: media time at which its picture is shown.
        dts_us: media time at which it is decoded.
        key: a clip may begin with it.
        sets: parameter sets (picture size and the like) that it brings; empty where it brings none.
    """

    pts_us: int
    dts_us: int
    key: bool
    sets: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What becomes of a packet, and why the file before it ends where it ends one."""

    step: Step
    ended: str = ""


class Cutter:
    """Decides for each packet of one connection."""

    def __init__(self, *, segment_us: int = SEGMENT_US, longest_us: int = LONGEST_US) -> None:
        """Wait for the first key frame."""
        self._segment_us, self._longest_us = segment_us, longest_us
        self._open = False
        self._start_us = 0
        self._last_us = 0
        self._sets = b""

    def take(self, piece: Piece) -> Cut:
        """Judge the next packet."""
        jumped = self._open and not 0 <= piece.dts_us - self._last_us <= JUMP_US
        self._last_us = piece.dts_us
        if jumped:
            self._open = False
        if not self._open:
            return self._first(piece, ended="jump" if jumped else "")
        ended = self._ends(piece)
        if ended:
            return self._first(piece, ended=ended, keyless=ended == "no key frame")
        return Cut(step="write")

    def _first(self, piece: Piece, *, ended: str, keyless: bool = False) -> Cut:
        if not piece.key and not keyless:
            return Cut(step="wait", ended=ended)
        self._open, self._start_us = True, piece.dts_us
        self._sets = piece.sets or self._sets
        return Cut(step="begin", ended=ended)

    def _ends(self, piece: Piece) -> str:
        length_us = piece.dts_us - self._start_us
        if piece.key and piece.sets and self._sets and piece.sets != self._sets:
            return "size"
        if piece.key and length_us >= self._segment_us:
            return "length"
        return "no key frame" if length_us >= self._longest_us else ""


class Timeline:
    """When the pictures of one file were, by their arrivals: the least delayed packet says where media time lies in UTC.

    A camera's clock may run fast or slow; a file is short enough that it stays within milliseconds, and the next begins anew.
    """

    def __init__(self) -> None:
        """Nothing has arrived."""
        self._first_us = self._last_us = self._origin_us = 0
        self._longest_us = 0
        self._seen = 0

    def take(self, pts_us: int, arrived_us: int) -> None:
        """A packet has arrived."""
        if not self._seen:
            self._first_us = self._last_us = pts_us
            self._origin_us = arrived_us - pts_us
        self._origin_us = min(self._origin_us, arrived_us - pts_us)
        self._first_us = min(self._first_us, pts_us)
        self._last_us = max(self._last_us, pts_us)
        self._seen += 1

    @property
    def start_us(self) -> int:
        """When the first picture was, µs UTC."""
        return self._origin_us + self._first_us

    @property
    def end_us(self) -> int:
        """When the last picture ended: as long after it as pictures follow on each other."""
        span_us = self._last_us - self._first_us
        each_us = span_us // (self._seen - 1) if self._seen > 1 else 0
        return self._origin_us + self._last_us + each_us


def parameter_sets(body: bytes, codec: str) -> bytes:
    """The sequence parameter sets in an access unit (Annex B), which change with the picture's size; empty where there are none."""
    found, at = [], body.find(b"\0\0\1")
    while at >= 0:
        after = body.find(b"\0\0\1", at + 3)
        unit = body[at + 3 : after if after >= 0 else len(body)].rstrip(b"\0")
        if unit and _is_sequence_set(unit[0], codec):
            found.append(unit)
        if unit and _is_picture(unit[0], codec):
            break  # the picture itself is long, and holds no sets
        at = after
    return b"\0\0\1".join(found)


def _is_sequence_set(head: int, codec: str) -> bool:
    return head & 0x1F == 7 if codec == "h264" else head >> 1 & 0x3F == 33


def _is_picture(head: int, codec: str) -> bool:
    return 1 <= head & 0x1F <= 5 if codec == "h264" else head >> 1 & 0x3F < 32
