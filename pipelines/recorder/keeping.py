"""What is deleted when, how full a disk may be, and when recording stops. Pure.

Three ages: within the floor (30 days, or more where a law or a contract says so) nothing is ever deleted, whatever the disk
says; what is older than the plan's days goes; what lies between goes when space is short, the oldest first. What is held as
evidence stays. A disk that is full of what may not go stops the recording, loudly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pipelines.recorder.naming import DAY_US

FLOOR_DAYS: Final = 30
WARN_PERCENT, ALARM_PERCENT = 80.0, 90.0
_RESERVE_SHARE: Final = 0.02
_RESERVE_MOST: Final = 1 << 30
_ROOM_SHARE: Final = 0.12  # deleting goes on until so much is free, so that the alarm does not flicker
_NEED_SHARE: Final = 0.10

DiskState = Literal["ok", "disk_80", "disk_90", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One recorded file on the disk."""

    camera: str
    start_us: int
    end_us: int
    file: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Video that is kept as evidence until it is released: of one camera, or of all where none is named."""

    id: str
    camera: str
    from_us: int
    until_us: int
    why: str
    by: str
    at_us: int

    def covers(self, camera: str, start_us: int, end_us: int) -> bool:
        """Whether a file of *camera* over [start, end) has something of it."""
        return self.camera in ("", camera) and start_us < self.until_us and end_us > self.from_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long video is kept: never less than *floor_us*, never more than *keep_us* unless it is held."""

    floor_us: int = FLOOR_DAYS * DAY_US
    keep_us: int = FLOOR_DAYS * DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The disk that holds the recordings, in bytes."""

    total: int
    free: int

    @property
    def used_percent(self) -> float:
        """Used share, as a user without privileges meets it."""
        return round(100 * (1 - self.free / self.total), 2) if self.total > 0 else 100.0

    @property
    def reserve(self) -> int:
        """Below so much free, recording stops: what is open can still be ended, indexed and told."""
        return min(round(self.total * _RESERVE_SHARE), _RESERVE_MOST)

    @property
    def wanted(self) -> int:
        """Bytes that must be made free; none unless the disk is nearly at its alarm."""
        return max(round(self.total * _ROOM_SHARE) - self.free, 0) if self.free < self.total * _NEED_SHARE else 0

    @property
    def state(self) -> DiskState:
        """How it stands."""
        if self.free <= self.reserve:
            return "stopped"
        if self.used_percent >= ALARM_PERCENT:
            return "disk_90"
        return "disk_80" if self.used_percent >= WARN_PERCENT else "ok"


def what_to_delete(segments: Iterable[Stored], *, now_us: int, keep: Keep, wanted: int, holds: Sequence[Hold] = ()) -> tuple[Stored, ...]:
    """Files to delete now, the oldest first: all beyond the plan's days, and beyond the floor as many as give *wanted* bytes."""
    older = [segment for segment in segments if segment.end_us <= now_us - keep.floor_us]
    open_to = [segment for segment in older if not any(hold.covers(segment.camera, segment.start_us, segment.end_us) for hold in holds)]
    out: list[Stored] = []
    freed = 0
    for segment in sorted(open_to, key=lambda row: (row.end_us, row.camera, row.start_us)):
        if segment.end_us > now_us - keep.keep_us and freed >= wanted:
            break
        out.append(segment)
        freed += segment.size_bytes
    return tuple(out)


def sentence(state: DiskState, disk: Disk, *, days: int) -> tuple[str, str]:
    """What people are told about the disk, in English and Chinese; empty where all is well."""
    percent, free_gb = disk.used_percent, disk.free / 1e9
    if state == "ok":
        return "", ""
    if state == "stopped":
        english = (
            f"RECORDING HAS STOPPED: the disk of the recordings is full ({percent:g} %, {free_gb:.1f} GB free), and everything on it is "
            f"younger than {days} days or held as evidence. Nothing of it is deleted. Add disk or move files away; it goes on by itself."
        )
        chinese = (
            f"录像已停止:录像磁盘已满(已用{percent:g} %,剩余{free_gb:.1f} GB),盘上录像均未满{days}天或已作为证据封存,不会删除。"
            "请扩容或转移文件,恢复空间后自动继续。"
        )
        return english, chinese
    english = (
        f"The disk of the recordings is {percent:g} % full ({free_gb:.1f} GB free). Video younger than {days} days is never deleted: "
        "when the disk is full, recording stops. Add disk."
    )
    return english, f"录像磁盘已用{percent:g} %(剩余{free_gb:.1f} GB)。未满{days}天的录像不会删除,磁盘写满后录像将停止。请扩容。"
