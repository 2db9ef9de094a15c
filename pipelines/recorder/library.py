"""The folder of a mode's recordings: files by camera and day, an index beside them, and what is held as evidence.

The folder alone is enough: the index is a file of each day, so that proof and clips need no broker and no database.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from pipelines.errors import ConfigError
from pipelines.events import CameraSegment
from pipelines.recorder.keeping import Disk, Hold, Stored
from pipelines.recorder.naming import DAY_US, INDEX, PART, SUFFIX, Named, day_of, day_start_us, file_of, read_name

UNREADABLE: Final = ".unreadable"
_HOLDS: Final = "holds"
_TOLD: Final = "told"
_FOREVER: Final = 2**62
_FIELDS: Final = {field.name for field in fields(CameraSegment)}


class Library:
    """One folder of recordings."""

    def __init__(self, root: Path) -> None:
        """Nothing is read yet; the folder need not be there."""
        self.root = root

    # -- what is there ------------------------------------------------------------------------------------------

    def cameras(self) -> list[str]:
        """Cameras that have a folder."""
        return sorted(path.name for path in _folders(self.root) if path.name != _HOLDS)

    def index(self, camera: str, *, from_us: int = 0, until_us: int = _FOREVER) -> list[CameraSegment]:
        """What the index has of a camera over [from, until), in order; a file that was indexed twice counts once."""
        found: dict[str, CameraSegment] = {}
        for start_us, folder in self._days(camera):
            if start_us < until_us and start_us + 2 * DAY_US > from_us:  # a file of a day may end on the next
                found.update({row.file: row for row in _rows(folder / INDEX)})
        rows = [row for row in found.values() if row.start_us < until_us and row.end_us > from_us]
        return sorted(rows, key=lambda row: row.start_us)

    def last(self, camera: str) -> CameraSegment | None:
        """The newest file of a camera in the index."""
        for _, folder in reversed(self._days(camera)):
            rows = _rows(folder / INDEX)
            if rows:
                return max(rows, key=lambda row: row.end_us)
        return None

    def reaches(self, camera: str, until_us: int) -> bool:
        """Whether the index has a file of a camera that goes on to that time or beyond."""
        last = self.last(camera)
        return last is not None and last.end_us >= until_us

    def missing(self, rows: Iterable[CameraSegment]) -> list[str]:
        """Files of the index that are not there, or are not of their size."""
        return [row.file for row in rows if _size(self.root / row.file) != row.size_bytes]

    def files(self, camera: str) -> list[tuple[Path, Named]]:
        """Files of a camera by their names, those that are still written among them, in order."""
        found = [(path, read_name(path.name)) for _, folder in self._days(camera) for path in folder.iterdir()]
        named = [(path, name) for path, name in found if name is not None]
        return sorted(named, key=lambda row: (row[1].start_us, row[1].partial))

    def stored_before(self, before_us: int) -> Iterator[Stored]:
        """Whole files on the disk that began before a time; one that is not in the index ends when the next begins."""
        for camera in self.cameras():
            for start_us, folder in self._days(camera):
                if start_us < before_us:
                    yield from self._stored(camera, folder)

    def _stored(self, camera: str, folder: Path) -> list[Stored]:
        ends = {row.file: row.end_us for row in _rows(folder / INDEX)}
        names = [(path, read_name(path.name)) for path in sorted(folder.iterdir())]
        whole = [(path, name) for path, name in names if name is not None and not name.partial]
        out = []
        for number, (path, name) in enumerate(whole):
            after_us = whole[number + 1][1].start_us if number + 1 < len(whole) else name.start_us + DAY_US
            file = path.relative_to(self.root).as_posix()
            end_us = ends.get(file, after_us)
            out.append(Stored(camera=camera, start_us=name.start_us, end_us=end_us, file=file, size_bytes=max(_size(path), 0)))
        return out

    def _days(self, camera: str) -> list[tuple[int, Path]]:
        found = [(day_start_us(path.name), path) for path in _folders(self.root / camera)]
        return sorted((start_us, path) for start_us, path in found if start_us is not None)

    def disk(self) -> Disk:
        """The disk that holds the folder.

        Raises:
            OSError: nobody can say.
        """
        usage = shutil.disk_usage(self.root)
        return Disk(total=usage.total, free=usage.free)

    # -- what comes and goes ------------------------------------------------------------------------------------

    def part_for(self, camera: str, start_us: int) -> Path:
        """Where a new file is written until it is whole."""
        return self.root / (self._free(camera, start_us) + PART)

    def whole(self, part: Path, camera: str, start_us: int) -> str:
        """Give a file that is whole its name; returns it, relative to the folder. Nothing is ever written over."""
        file = self._free(camera, start_us)
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        part.replace(self.root / file)
        return file

    def _free(self, camera: str, start_us: int) -> str:
        while (self.root / (file := file_of(camera, start_us))).exists():
            start_us += 1
        return file

    def add(self, segment: CameraSegment) -> None:
        """Put a whole file into the index of its day, on the disk when this returns."""
        named = read_name(Path(segment.file).name)
        assert named is not None
        path = self.root / segment.camera / day_of(named.start_us) / INDEX
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(segment)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def delete(self, stored: Stored) -> None:
        """Delete a file; a day that has none left goes with its index."""
        path = self.root / stored.file
        path.unlink(missing_ok=True)
        if not any(each.name.endswith((SUFFIX, PART)) for each in path.parent.iterdir()):
            shutil.rmtree(path.parent, ignore_errors=True)

    # -- what is held -------------------------------------------------------------------------------------------

    def holds(self) -> list[Hold]:
        """All holds.

        Raises:
            ConfigError: one cannot be read: nothing may be deleted before a person has looked at it.
        """
        found = []
        for path in sorted((self.root / _HOLDS).glob("*.json")):
            try:
                found.append(Hold(**json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError, TypeError) as error:
                raise ConfigError(f"{_HOLDS}/{path.name}: is no hold: {error}; nothing is deleted until it is mended") from error
        return found

    def hold(self, hold: Hold) -> None:
        """Keep what *hold* covers until it is released."""
        folder = self.root / _HOLDS
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f"{hold.id}.new"
        draft.write_text(json.dumps(asdict(hold), ensure_ascii=False), encoding="utf-8")
        draft.replace(folder / f"{hold.id}.json")

    def release(self, hold_id: str, *, by: str, why: str, at_us: int) -> bool:
        """Let go of a hold, and keep who did it and for what; whether there was one."""
        path = self.root / _HOLDS / f"{hold_id}.json"
        if not path.exists():
            return False
        held = json.loads(path.read_text(encoding="utf-8"))
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps({"held": held, "released_by": by, "why": why, "at_us": at_us}, ensure_ascii=False), encoding="utf-8")
        draft.replace(path.with_suffix(".released"))
        path.unlink()
        return True

    # -- what the topic has -------------------------------------------------------------------------------------

    def told_us(self, camera: str) -> int:
        """End of the newest file of a camera of which the topic has heard; 0 where it has heard nothing."""
        try:
            return int((self.root / camera / _TOLD).read_text())
        except (OSError, ValueError):
            return 0

    def tell(self, camera: str, end_us: int) -> None:
        """Note that the topic has heard of everything up to *end_us*."""
        draft = self.root / camera / f"{_TOLD}.new"
        draft.write_text(str(end_us))
        draft.replace(self.root / camera / _TOLD)


def digest(path: Path) -> tuple[int, str]:
    """Size and BLAKE2b-256 (hex) of a file."""
    made = hashlib.blake2b(digest_size=32)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            made.update(block)
        return file.tell(), made.hexdigest()


def _folders(path: Path) -> list[Path]:
    try:
        return [each for each in path.iterdir() if each.is_dir()]
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _rows(path: Path) -> list[CameraSegment]:
    """Lines of an index; one that a kill has cut is no line."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [row for row in map(_row, lines) if row is not None]


def _row(line: str) -> CameraSegment | None:
    try:
        plain: Any = json.loads(line)
    except ValueError:
        return None
    return CameraSegment(**plain) if isinstance(plain, dict) and plain.keys() == _FIELDS else None
