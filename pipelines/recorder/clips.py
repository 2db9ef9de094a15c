"""Clips out of a folder of recordings: found, cut at key frames, written; what is still being written counts as well.

Entry point: `python -m pipelines.recorder.clips --folder=… --camera=… --from-us=… --until-us=… --out=…` makes one, and says of it in
JSON on standard output; where it cannot, it says why in a sentence there. Other processes ask for a clip by `asking.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from connectors.recorded import Wanted, examine, write_clip
from pipelines.errors import ConfigError, TransientError
from pipelines.recorder.asking import AGAIN, PROGRAM, REFUSED
from pipelines.recorder.clipping import Clip, Made, Place, cut, files_for
from pipelines.recorder.cutting import LONGEST_US
from pipelines.recorder.keeping import Stored
from pipelines.recorder.library import Library
from pipelines.recorder.naming import DAY_US, iso, read_name
from pipelines.recorder.repair import began_us


def make_clip(library: Library, camera: str, *, from_us: int, until_us: int, out: Path) -> Made:
    """The clip of *camera* over [from, until) in the file *out*; nothing is coded anew.

    Raises:
        ConfigError: there is nothing of that time, or the file cannot be made.
        TransientError: a recorded file cannot be read.
    """
    found = files_for(_stored(library, camera, from_us, until_us), from_us=from_us, until_us=until_us, lead_us=LONGEST_US)
    places, codec = _places(library, found)
    clip = cut(places, from_us=from_us, until_us=until_us)
    if not clip.places:
        raise ConfigError(f"camera {camera}: nothing is recorded between {iso(from_us)} and {iso(until_us)}; {_has(library, camera)}")
    size_bytes = write_clip(out, _wanted(library, clip))
    files = tuple(dict.fromkeys(place.file for place in clip.places))
    return Made(
        start_us=clip.start_us,
        end_us=clip.end_us,
        holes=clip.holes,
        files=files,
        pictures=len(clip.places),
        size_bytes=size_bytes,
        codec=codec,
    )


def _places(library: Library, found: Iterable[Stored]) -> tuple[list[Place], str]:
    """The packets of files, in order, and their codec: that of the first, for one clip holds one."""
    places: list[Place] = []
    codec = ""
    for stored in found:
        path = library.root / stored.file
        try:
            read = examine(path)
        except TransientError:
            continue  # a file that has just been begun holds nothing yet
        codec = codec or read.codec
        if read.codec != codec:
            break
        named = read_name(path.name)
        zero_us = began_us(path, named, read.length_us) if named is not None and named.partial else stored.start_us
        places += [
            Place(file=stored.file, number=number, at_us=zero_us + pts_us, decode_us=zero_us + dts_us, key=key)
            for number, (pts_us, dts_us, key, _) in enumerate(read.packets)
        ]
    return places, codec


def _stored(library: Library, camera: str, from_us: int, until_us: int) -> list[Stored]:
    """Files of the index that are there, and those that are not in it yet, which may go on to any time."""
    rows = library.index(camera, from_us=from_us - DAY_US, until_us=until_us)
    found = [_as_stored(row.camera, row.start_us, row.end_us, row.file) for row in rows if (library.root / row.file).exists()]
    known = {row.file for row in library.index(camera, from_us=from_us - DAY_US)}
    for path, named in library.files(camera):
        file = path.relative_to(library.root).as_posix()
        if file not in known and named.start_us >= from_us - DAY_US:
            found.append(_as_stored(camera, named.start_us, until_us + DAY_US, file))
    return found


def _as_stored(camera: str, start_us: int, end_us: int, file: str) -> Stored:
    return Stored(camera=camera, start_us=start_us, end_us=end_us, file=file, size_bytes=0)


def _wanted(library: Library, clip: Clip) -> list[Wanted]:
    zero_us = min(clip.start_us, clip.places[0].decode_us)
    return [
        Wanted(path=library.root / place.file, number=place.number, pts_us=place.at_us - zero_us, dts_us=place.decode_us - zero_us)
        for place in clip.places
    ]


def _has(library: Library, camera: str) -> str:
    rows = library.index(camera)
    if not rows:
        return "there is no recording of it at all"
    return f"there is video from {iso(rows[0].start_us)} to {iso(max(row.end_us for row in rows))}"


def main() -> None:
    """Make the clip that the command line asks for."""
    parser = argparse.ArgumentParser(prog=f"python -m {PROGRAM}", allow_abbrev=False)
    parser.add_argument("--folder", type=Path, required=True, help="of the mode's recordings")
    parser.add_argument("--camera", required=True)
    parser.add_argument("--from-us", type=int, required=True)
    parser.add_argument("--until-us", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    try:
        made = make_clip(Library(asked.folder), asked.camera, from_us=asked.from_us, until_us=asked.until_us, out=asked.out)
    except ConfigError as error:
        print(error)
        sys.exit(REFUSED)
    except TransientError as error:
        print(error)
        sys.exit(AGAIN)
    print(json.dumps(asdict(made)))


if __name__ == "__main__":
    main()
