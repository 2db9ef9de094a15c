"""What a killed recorder has left behind: a file is kept as far as it can be read, and said to be so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from pipelines.errors import TransientError
from pipelines.events import CameraSegment
from pipelines.recorder.library import UNREADABLE, Library
from pipelines.recorder.naming import Named


class Examined(Protocol):
    """What is asked of a file that was read through."""

    @property
    def codec(self) -> str: ...  # noqa: D102 - as in connectors.recorded
    @property
    def width_px(self) -> int: ...  # noqa: D102
    @property
    def height_px(self) -> int: ...  # noqa: D102
    @property
    def length_us(self) -> int: ...  # noqa: D102
    @property
    def packets(self) -> tuple[tuple[int, int, bool, bool], ...]: ...  # noqa: D102


class Reader(Protocol):
    """Reads recorded files."""

    def examine(self, path: Path) -> Any:
        """What a file holds, an `Examined`; raises TransientError where nothing can be read."""
        ...

    def digest(self, path: Path) -> tuple[int, str]:
        """Size and BLAKE2b of a file."""
        ...


def repair(library: Library, camera: str, reader: Reader, say: Callable[[str], None]) -> Iterator[CameraSegment]:
    """Files of a camera that are not whole, or not in the index, as the index is to have them; to be called before recording begins."""
    last = library.last(camera)
    indexed = {row.file for row in library.index(camera, from_us=(last.start_us if last else 0))}
    since_us = last.start_us if last else 0
    for path, named in library.files(camera):
        file = path.relative_to(library.root).as_posix()
        if named.partial or (named.start_us >= since_us and file not in indexed):
            made = _mended(library, path, named, reader, last_end_us=last.end_us if last else 0, say=say)
            if made is not None:
                last = made
                yield made


def _mended(
    library: Library, path: Path, named: Named, reader: Reader, *, last_end_us: int, say: Callable[[str], None]
) -> CameraSegment | None:
    if not path.stat().st_size:
        path.unlink()
        say(f"{path.name} is empty: the recorder was killed before its first picture")
        return None
    try:
        found: Examined = reader.examine(path)
    except TransientError as error:
        path.rename(path.with_name(path.name + UNREADABLE))
        say(f"{error}; it is kept as {path.name}{UNREADABLE}")
        return None
    start_us = max(began_us(path, named, found.length_us), last_end_us)
    file = library.whole(path, named.camera, start_us) if named.partial else path.relative_to(library.root).as_posix()
    size_bytes, blake2b = reader.digest(library.root / file)
    say(f"{file} was cut off by a kill; it is kept as far as it can be read: {found.length_us / 1e6:.1f} s, {len(found.packets)} pictures")
    return CameraSegment(
        camera=named.camera,
        start_us=start_us,
        end_us=start_us + found.length_us,
        file=file,
        size_bytes=size_bytes,
        codec=found.codec,
        width_px=found.width_px,
        height_px=found.height_px,
        frames=len(found.packets),
        key_frames=sum(key for _, _, key, _ in found.packets),
        damaged=sum(damaged for _, _, _, damaged in found.packets),
        blake2b=blake2b,
        gap_us=start_us - last_end_us if last_end_us else 0,
        ended="killed",
    )


def began_us(path: Path, named: Named, length_us: int) -> int:
    """When the first picture of a file was, µs UTC.

    A whole file is named by it. One that is still written is named by when its first packet was taken, which after a connection's
    beginning may have waited; its last packet did not wait, and was written when the file was changed last.
    """
    if not named.partial:
        return named.start_us
    return min(named.start_us, path.stat().st_mtime_ns // 1000 - length_us)
