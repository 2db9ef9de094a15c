"""Video as it is coded, by PyAV: packets of a camera or file in, MPEG-TS out. Nothing is ever decoded or encoded here."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from connectors.addressing import without_password
from pipelines.errors import ConfigError, TransientError

CODECS: Final = ("h264", "hevc")  # H.264 and H.265
OPEN_S, READ_S = 8.0, 5.0
_LIVE: Final = {"rtsp_transport": "tcp", "analyzeduration": "3000000"}
TRANSPORT: Final = "mpegts"
_TICKS_PER_S: Final = 1_000_000
US: Final = Fraction(1, _TICKS_PER_S)
_LIKE_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One packet of a stream: media times in µs, whether a clip may begin with it, whether it came damaged, and its bytes."""

    pts_us: int
    dts_us: int
    key: bool
    damaged: bool
    packet: Packet[VideoStream]

    @property
    def body(self) -> bytes:
        """The access unit as it came."""
        return bytes(self.packet)


class CameraStream:
    """The packets of one camera (rtsp://, tcp://, …) or file.

    Args:
        source: address or path.
    """

    def __init__(self, source: str) -> None:
        """Nothing is dialled yet."""
        self.source = source
        self.name = without_password(source)
        self.is_live = _LIKE_ADDRESS.match(source) is not None
        self.codec = ""
        self._container: InputContainer | None = None
        self._stream: VideoStream | None = None
        self._last_us: int | None = None

    def start(self) -> None:
        """Dial.

        Raises:
            TransientError: nobody answers, or what comes is no video that can be understood.
            ConfigError: its codec is not recorded, or the file is not there.
        """
        if not self.is_live and not Path(self.source).is_file():
            raise ConfigError(f"video {self.name}: there is no such file")
        try:
            options = _LIVE if self.is_live else {}
            self._container = av.open(self.source, mode="r", timeout=(OPEN_S, READ_S), options=options)
            self._stream = next(iter(self._container.streams.video), None)
        except (FFmpegError, OSError) as error:
            raise TransientError(f"video {self.name}: cannot be opened: {why(error)}", retry_after_s=2) from error
        if self._stream is None:
            self.close()
            raise TransientError(f"video {self.name}: there is no video stream in it", retry_after_s=10)
        self.codec = _codec(self._stream)
        if self.codec not in CODECS:
            self.close()
            found = self.codec or "unknown"
            raise ConfigError(f"video {self.name}: its codec is {found}; H.264 and H.265 are recorded as they come, and nothing else is")

    @property
    def template(self) -> VideoStream:
        """What a file of this stream's packets is made after."""
        assert self._stream is not None, "start() comes first"
        return self._stream

    @property
    def annex_b(self) -> bool:
        """Whether its units stand behind start codes, as cameras send them, and not behind their length, as MP4 has them."""
        context: Any = self.template.codec_context
        return not bytes(context.extradata or b"").startswith(b"\1")

    def packets(self) -> Iterator[Arrived]:
        """Packets to the end of a file, or until a camera stops.

        Raises:
            TransientError: the connection is lost, or what comes cannot be read on.
        """
        assert self._container is not None, "start() comes first"
        try:
            for packet in self._container.demux(self.template):
                if packet.size:
                    yield self._arrived(packet)
        except (FFmpegError, OSError) as error:
            raise TransientError(f"video {self.name}: lost: {why(error)}") from error

    def _arrived(self, packet: Packet[VideoStream]) -> Arrived:
        """The packet with times; a camera that leaves one out gets the next microsecond that rises."""
        base = packet.time_base or self.template.time_base
        dts = packet.dts if packet.dts is not None else packet.pts
        assert base is not None
        dts_us = round(dts * base * _TICKS_PER_S) if dts is not None else (self._last_us or 0) + 1
        pts_us = round(packet.pts * base * _TICKS_PER_S) if packet.pts is not None else dts_us
        self._last_us = dts_us
        return Arrived(pts_us=pts_us, dts_us=dts_us, key=bool(packet.is_keyframe), damaged=bool(packet.is_corrupt), packet=packet)

    def close(self) -> None:
        """Hang up."""
        if self._container is not None:
            with contextlib.suppress(FFmpegError, OSError):
                self._container.close()
            self._container = None


class _Digested:
    """A file that is written front to back, counted and digested on the way; each write reaches the system at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("xb", buffering=0)
        self.digest = hashlib.blake2b(digest_size=32)
        self.size_bytes = 0

    def write(self, body: bytes) -> int:
        rest = memoryview(body)
        while rest:
            written = self.file.write(rest) or 0
            self.digest.update(rest[:written])
            self.size_bytes += written
            rest = rest[written:]
        return len(body)


class SegmentFile:
    """A file being recorded: MPEG-TS, so that it can be read up to its last whole packet whatever ends its writing.

    Args:
        path: of the file; it must not be there.
        template: the stream whose packets come.
    """

    def __init__(self, path: Path, template: VideoStream) -> None:
        """Make it.

        Raises:
            OSError: it cannot be made; a full disk among the reasons.
        """
        self.path = path
        self._out = _Digested(path)
        self._container: OutputContainer = av.open(self._out, mode="w", format=TRANSPORT, options={"flush_packets": "1"})
        self._stream = self._container.add_stream_from_template(template)
        self._zero_us: int | None = None
        self._last_us = -1
        self.frames = self.key_frames = self.damaged = 0

    @property
    def size_bytes(self) -> int:
        """Bytes that are written."""
        return self._out.size_bytes

    @property
    def blake2b(self) -> str:
        """BLAKE2b-256 of what is written, hex."""
        return self._out.digest.hexdigest()

    def write(self, arrived: Arrived) -> None:
        """Add one packet; one whose time does not rise is left out, and counted as damaged.

        Raises:
            OSError: the disk takes it no more.
        """
        if self._zero_us is None:
            self._zero_us = arrived.dts_us
        dts_us = arrived.dts_us - self._zero_us
        self.damaged += arrived.damaged or dts_us <= self._last_us
        if dts_us <= self._last_us:
            return
        packet = arrived.packet
        packet.time_base = US
        packet.dts, packet.pts = dts_us, max(arrived.pts_us - self._zero_us, dts_us)
        packet.stream = self._stream
        try:
            self._container.mux(packet)
        except FFmpegError as error:
            if isinstance(error, OSError):
                raise
            self.damaged += 1  # a packet that the container refuses is no reason to lose those after it
            return
        self._last_us = dts_us
        self.frames += 1
        self.key_frames += arrived.key

    def close(self) -> None:
        """End it on the disk; what cannot be written any more is left out."""
        with contextlib.suppress(FFmpegError, OSError):
            self._container.close()
        with contextlib.suppress(OSError):
            os.fsync(self._out.file.fileno())
        self._out.file.close()


def _codec(stream: VideoStream) -> str:
    context: Any = stream.codec_context
    return str(context.name) if context is not None else ""


def why(error: Exception) -> str:
    """What went wrong, without the address, in which there may be a password."""
    return str(getattr(error, "strerror", "") or type(error).__name__)
