"""DeepStream 8 or 9 by PyServiceMaker: hardware decoding, batched inference and tracking of a group of streams on one GPU.

Not run on hardware: there was none. What turns metadata into arrays is in `metadata.py` and is tested without it.
The probe runs in the pipeline's own thread, so it never waits: it copies numbers and a thinned picture, and hands over.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from pipelines.detect.backends import Boxes, Frame
from pipelines.detect.backends.metadata import Adapter, Seen
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from pyservicemaker import Buffer, Pipeline

CONFIGS: Final = Path(__file__).resolve().parents[3] / "deploy" / "deepstream"
TRACKER_LIBRARY: Final = "/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so"
PICTURE_WIDTH: Final = 640  # of what is copied from the GPU, for health and preview
MOST_CAMERAS: Final = 64
_WIDTH, _HEIGHT = 1920, 1080


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One camera of the group."""

    camera: str
    uri: str
    fps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of the pipeline."""

    factory: str
    name: str
    properties: dict[str, Any]


class Taker(Protocol):
    """Where frames go; it never waits."""

    def __call__(self, seen: Seen, picture: Frame) -> None:
        """Take a frame and its thinned picture."""
        ...


class Elsewhere:
    """Stands where a worker's backend is: its boxes come with the frame."""

    name = "deepstream"

    def detect(self, frame_bgr: Frame) -> Boxes:
        """Never called.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"backend deepstream finds boxes on the GPU, not in a picture of {frame_bgr.shape[:2]}: set MUSTER_CAMERAS")


def elements(streams: Sequence[Stream], *, configs: Path = CONFIGS) -> tuple[list[Element], list[tuple[Any, ...]]]:
    """The pipeline of a group: its elements, and its links in the order in which the muxer numbers its sources.

    Raises:
        ConfigError: no stream, too many, or one without an address.
    """
    if not 0 < len(streams) <= MOST_CAMERAS:
        raise ConfigError(f"backend deepstream: expected 1 to {MOST_CAMERAS} cameras in a group, got {len(streams)}")
    made: list[Element] = []
    links: list[tuple[Any, ...]] = []
    live = all(stream.uri.startswith("rtsp") for stream in streams)
    for number, stream in enumerate(streams):
        if "://" not in stream.uri:
            raise ConfigError(f"camera '{stream.camera}': backend deepstream expects an address (rtsp:// or file://), got '{stream.uri}'")
        source, rate = f"source_{number}", f"rate_{number}"
        made.append(Element(factory="nvurisrcbin", name=source, properties=_source(stream)))
        # Thinned before inference, not after: what the plan does not ask for costs the GPU nothing but its decoding.
        made.append(Element(factory="videorate", name=rate, properties={"drop-only": True, "max-rate": max(round(stream.fps), 1)}))
        links += [(source, rate), ((rate, "mux"), ("", "sink_%u"))]
    least_fps = min(stream.fps for stream in streams)
    made += [
        Element(
            factory="nvstreammux",
            name="mux",
            properties={
                "batch-size": len(streams),
                "width": _WIDTH,
                "height": _HEIGHT,
                "live-source": live,
                "batched-push-timeout": round(min(40_000, 500_000 / least_fps)),  # a camera that is away holds nobody up
                "attach-sys-ts": True,
            },
        ),
        Element(
            factory="nvinfer",
            name="infer",
            # Every batch, whatever the file says: batches are skipped without a look at whose frames are in them.
            properties={"config-file-path": str(configs / "nvinfer_yolox.yml"), "batch-size": len(streams), "interval": 0},
        ),
        Element(
            factory="nvtracker",
            name="tracker",
            properties={
                "ll-lib-file": TRACKER_LIBRARY,
                "ll-config-file": str(configs / "tracker.yml"),
                "tracker-width": 640,
                "tracker-height": 384,
            },
        ),
        Element(factory="nvvideoconvert", name="convert", properties={}),
        Element(factory="capsfilter", name="rgb", properties={"caps": "video/x-raw(memory:NVMM), format=RGB"}),
        Element(factory="fakesink", name="sink", properties={"sync": False, "async": False}),
    ]
    links.append(("mux", "infer", "tracker", "convert", "rgb", "sink"))
    return made, links


def _source(stream: Stream) -> dict[str, Any]:
    return {
        "uri": stream.uri,
        "rtsp-reconnect-interval": 5,
        "rtsp-reconnect-attempts": -1,  # for ever: a camera comes back when its switch does
        "latency": 200,
        "drop-on-latency": True,
        "disable-audio": True,
        "file-loop": stream.uri.startswith("file"),
    }


class DeepStream:
    """A running pipeline of one group."""

    def __init__(
        self, streams: Sequence[Stream], adapter: Adapter, taker: Taker, *, clock: Callable[[], int], configs: Path = CONFIGS
    ) -> None:
        """Nothing is imported or opened yet."""
        self._streams, self._adapter, self._taker = tuple(streams), adapter, taker
        self._clock, self._configs = clock, configs
        self._pipeline: Pipeline | None = None
        self.broken = 0

    def start(self) -> None:
        """Build the pipeline and let it play.

        Raises:
            ConfigError: PyServiceMaker or the parser's library is not here, or a stream has no address.
        """
        made, links = elements(self._streams, configs=self._configs)
        try:
            maker = importlib.import_module("pyservicemaker")
            self._arrays = importlib.import_module("cupy")
        except ImportError as error:
            raise ConfigError(
                f"backend deepstream: {error.name} is not here: it runs in the container of deploy/deepstream/ alone; use backend onnx"
            ) from None
        pipeline = maker.Pipeline("muster-detect")
        for element in made:
            pipeline.add(element.factory, element.name, element.properties)
        for link in links:
            pipeline.link(*link)
        operator = type("Hand", (maker.BufferOperator,), {"handle_buffer": lambda _, buffer: self.handle(buffer)})()
        pipeline.attach("rgb", maker.Probe("muster", operator))
        self._pipeline = pipeline
        pipeline.start()

    def wait(self, stop: threading.Event) -> None:
        """Until the pipeline ends by itself, which is a fault, or is told to stop."""
        if self._pipeline is None:
            return
        ended = threading.Thread(target=self._pipeline.wait, daemon=True)
        ended.start()
        while ended.is_alive() and not stop.wait(0.2):
            pass
        if not stop.is_set():
            print("detect: the DeepStream pipeline has ended by itself", file=sys.stderr, flush=True)
        self._pipeline.stop()

    def handle(self, buffer: Buffer) -> bool:
        """Hand over each frame of a batch; one that cannot be read is counted and ends nothing."""
        now_us = self._clock()
        for frame in buffer.batch_meta.frame_items:
            try:
                seen = self._adapter.take(frame, now_us=now_us)
                if seen is not None:
                    self._taker(seen, self._picture(buffer, frame.batch_id))
            except Exception as error:  # noqa: BLE001 - an exception in a probe would end the streams of every camera
                self.broken += 1
                if self.broken in (1, 10, 100) or self.broken % 1000 == 0:
                    print(f"detect: frame not handed over ({self.broken} so far): {error}", file=sys.stderr, flush=True)
        return True

    def _picture(self, buffer: Buffer, batch_id: int) -> Frame:
        """Every k-th pixel, (h', w', 3) BGR, copied from the GPU: samples, as `health.py` wants them."""
        whole = self._arrays.from_dlpack(buffer.extract(batch_id))
        step = max(whole.shape[1] // PICTURE_WIDTH, 1)
        thin = self._arrays.ascontiguousarray(whole[::step, ::step, 2::-1])
        return np.asarray(self._arrays.asnumpy(thin), dtype=np.uint8)
