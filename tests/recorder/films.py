"""Small coded films, and a camera that sends them: a TCP server whose clients get MPEG-TS at its own speed, as from an encoder."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest


def film(
    path: Path | None = None,
    *,
    seconds: float = 4,
    fps: int = 10,
    size: tuple[int, int] = (160, 120),
    gop: int = 10,
    codec: str = "libx264",
    bframes: int = 0,
    kind: str = "mpegts",
) -> bytes:
    """A film with a moving bar, coded; its bytes, and at *path* where one is given."""
    out = io.BytesIO()
    container = av.open(out, mode="w", format=kind)
    try:
        stream = container.add_stream(codec, rate=fps)
    except (ValueError, av.error.FFmpegError):
        pytest.skip(f"this build of PyAV has no encoder {codec}")
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.gop_size = gop
    if codec == "libx264":
        stream.options = {"preset": "ultrafast", "x264-params": f"bframes={bframes}:keyint={gop}:min-keyint={gop}:scenecut=0"}
    if codec == "libx265":
        stream.options = {
            "preset": "ultrafast",
            "x265-params": f"bframes={bframes}:keyint={gop}:min-keyint={gop}:scenecut=0:log-level=none",
        }
    for number in range(round(seconds * fps)):
        picture = np.zeros((size[1], size[0], 3), dtype=np.uint8)
        picture[:, number * 7 % size[0] :][:, :20] = 200
        for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
            container.mux(packet)
    for packet in stream.encode(None):
        container.mux(packet)
    container.close()
    if path is not None:
        path.write_bytes(out.getvalue())
    return out.getvalue()


class Feed:
    """A camera at tcp://127.0.0.1:port. Each connection gets the next of *films* from its beginning, paced to *seconds*, then is cut."""

    def __init__(self, films: Sequence[bytes], *, seconds: float) -> None:
        self._films, self._seconds = films, seconds
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.1)
        self._stop = threading.Event()
        self.address = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._server.accept()
            except TimeoutError:
                continue
            body = self._films[self.connections % len(self._films)]
            self.connections += 1
            with client:
                self._send(client, body)

    def _send(self, client: socket.socket, body: bytes) -> None:
        began, step = time.monotonic(), 188 * 4
        for at in range(0, len(body), step):
            if self._stop.wait(max(began + self._seconds * at / len(body) - time.monotonic(), 0)):
                return
            try:
                client.sendall(body[at : at + step])
            except OSError:
                return

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self._server.close()
