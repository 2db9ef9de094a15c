"""Names of recorded files: by camera, day and start, so that a folder says what it holds without an index. Pure.

`<camera>/<day>/<camera>_<start>.ts`, all in UTC; a file that is not whole yet has `.part` behind its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.units import MICRO

SUFFIX: Final = ".ts"
PART: Final = ".part"
INDEX: Final = "index.jsonl"
DAY_US: Final = 86_400 * MICRO
_NAME: Final = re.compile(r"(?P<camera>[a-z0-9][a-z0-9-]{0,62})_(?P<start>\d{8}T\d{6}\.\d{6})Z\.ts(?P<part>\.part)?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a file's name says."""

    camera: str
    start_us: int
    partial: bool


def iso(at_us: int) -> str:
    """A time (µs UTC) for people, to the millisecond: 2026-05-01T19:30:00.000Z."""
    return str(np.datetime_as_string(np.datetime64(at_us, "us"), unit="ms")) + "Z"


def day_of(at_us: int) -> str:
    """The day (UTC) of a time, as its folder is called."""
    return str(np.datetime_as_string(np.datetime64(at_us, "us"), unit="D"))


def day_start_us(day: str) -> int | None:
    """When the day of a folder begins, µs UTC; None for another folder."""
    if not _DAY.fullmatch(day):
        return None
    try:
        return int(np.datetime64(day, "us").astype(np.int64))
    except ValueError:
        return None


def file_of(camera: str, start_us: int) -> str:
    """Path of a camera's file, relative to the folder of recordings."""
    at = str(np.datetime64(start_us, "us")).replace("-", "").replace(":", "")
    return f"{camera}/{day_of(start_us)}/{camera}_{at}Z{SUFFIX}"


def read_name(name: str) -> Named | None:
    """What a file's name says; None for a file that is no recording."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    digits = found["start"]
    text = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[9:11]}:{digits[11:13]}:{digits[13:]}"
    try:
        start_us = int(np.datetime64(text, "us").astype(np.int64))
    except ValueError:
        return None
    return Named(camera=found["camera"], start_us=start_us, partial=found["part"] is not None)
