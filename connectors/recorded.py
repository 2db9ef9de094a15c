"""Recorded files read again: what they hold, and clips out of them, packet by packet; nothing is coded anew."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from connectors.stream import TRANSPORT, US, Arrived, CameraStream, why
from pipelines.errors import ConfigError, TransientError


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a file holds: for each packet its media times (µs, the first picture at 0), whether it is a key frame, whether it is damaged."""

    codec: str
    width_px: int
    height_px: int
    packets: tuple[tuple[int, int, bool, bool], ...]

    @property
    def length_us(self) -> int:
        """From its first picture to the end of its last."""
        shown = sorted(pts_us for pts_us, *_ in self.packets)
        each_us = shown[-1] // (len(shown) - 1) if len(shown) > 1 else 0
        return shown[-1] + each_us if shown else 0


def examine(path: Path) -> Examined:
    """Read a recorded file through, as far as it goes.

    Raises:
        TransientError: nothing in it can be read.
    """
    source = CameraStream(str(path))
    try:
        source.start()
        found = [(each.pts_us, each.dts_us, each.key, each.damaged) for each in _readable(source)]
        context: Any = source.template.codec_context
        width, height = int(context.width or 0), int(context.height or 0)
    except ConfigError as error:
        raise TransientError(str(error)) from error
    finally:
        source.close()
    if not found:
        raise TransientError(f"video {path.name}: nothing in it can be read")
    zero_us = min(pts for pts, *_ in found)
    rows = tuple((pts - zero_us, dts - zero_us, key, damaged) for pts, dts, key, damaged in found)
    return Examined(codec=source.codec, width_px=width, height_px=height, packets=rows)


def _readable(source: CameraStream) -> Iterator[Arrived]:
    """Packets as far as they can be read."""
    with contextlib.suppress(TransientError):
        yield from source.packets()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A packet of a clip: the file, its number in it, and its times in the clip, µs."""

    path: Path
    number: int
    pts_us: int
    dts_us: int


def write_clip(out: Path, wanted: Sequence[Wanted]) -> int:
    """Put packets of recorded files into one MP4 (or, by its name, MPEG-TS) without coding anything anew; returns its bytes.

    Raises:
        ConfigError: the file cannot be made.
        TransientError: a recorded file cannot be read any more.
    """
    kind = TRANSPORT if out.suffix == ".ts" else "mp4"
    draft = out.with_name(out.name + ".part")
    try:
        with contextlib.closing(
            av.open(str(draft), mode="w", format=kind, options={} if kind == TRANSPORT else {"movflags": "+faststart"})
        ) as made:
            _fill(made, wanted)
        draft.replace(out)
    except (FFmpegError, OSError) as error:
        draft.unlink(missing_ok=True)
        raise ConfigError(f"{out}: cannot be made: {why(error)}") from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return out.stat().st_size


def _fill(made: OutputContainer, wanted: Sequence[Wanted]) -> None:
    stream: VideoStream | None = None
    for path in dict.fromkeys(each.path for each in wanted):
        source = CameraStream(str(path))
        source.start()
        try:
            if stream is None:
                stream = made.add_stream_from_template(source.template)
                if source.codec == "hevc" and made.format.name != TRANSPORT:
                    stream.codec_context.codec_tag = "hvc1"  # the name that browsers and players look for
            times = {each.number: each for each in wanted if each.path == path}
            _copy(made, stream, _readable(source), times)
        finally:
            source.close()


def _copy(made: OutputContainer, stream: VideoStream, packets: Iterable[Arrived], times: dict[int, Wanted]) -> None:
    for number, arrived in enumerate(packets):
        found = times.get(number)
        if found is None:
            continue
        packet = arrived.packet
        packet.time_base = US
        packet.dts, packet.pts, packet.stream = found.dts_us, found.pts_us, stream
        made.mux(packet)
