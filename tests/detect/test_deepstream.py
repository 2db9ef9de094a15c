"""DeepStream's metadata becomes arrays by the rules, from metadata written by the documented names; nothing here runs DeepStream."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from pipelines.detect.backends.deepstream import CONFIGS, DeepStream, Elsewhere, Stream, elements
from pipelines.detect.backends.metadata import Adapter, FrameMeta, Seen
from pipelines.detect.backends.onnx import decode
from pipelines.detect.feeds import HandedFeed, Shot
from pipelines.detect.models import model_called
from pipelines.detect.tracking import UNCONFIRMED
from pipelines.detect.worker import CameraWorker
from pipelines.errors import ConfigError

HERE = Path(__file__).with_name("deepstream")
NOW_US = 1_760_000_000_050_000
CAMERAS = ("north", "east", "south")
STREAMS = [Stream(camera=camera, uri=f"rtsp://{camera}.example/1", fps=5) for camera in CAMERAS]


def batches() -> list[list[Any]]:
    text = (HERE / "batches.json").read_text()
    return json.loads(text, object_hook=lambda fields: SimpleNamespace(**fields)).batches  # type: ignore[no-any-return]


def adapter(*, base_us: int | None = None) -> Adapter:
    return Adapter(CAMERAS, classes=(0, 2), delay_us=20_000, base_us=base_us)


def taken(of: Adapter, frame: FrameMeta, now_us: int = NOW_US) -> Seen:
    seen = of.take(frame, now_us=now_us)
    assert seen is not None
    return seen


def test_boxes_are_in_the_cameras_own_pixels_and_end_at_its_edge() -> None:
    found = taken(adapter(), batches()[0][0]).found
    assert found.size_px == (3840, 2160)
    assert found.boxes[0].tolist() == pytest.approx([200, 400, 300, 640, 0.91, 0])
    assert found.boxes[1].tolist() == pytest.approx([3800, 2000, 3840, 2160, 0.55, 0])
    assert found.boxes.shape == (3, 6)


def test_tracks_get_small_numbers_that_stay_and_what_is_not_tracked_gets_none() -> None:
    one, (first, second) = adapter(), batches()
    assert taken(one, first[0]).found.tracks.tolist() == [1, 2, UNCONFIRMED]
    assert taken(one, second[0], NOW_US + 200_000).found.tracks.tolist() == [2, 1, UNCONFIRMED]


def test_a_pad_is_the_camera_that_was_linked_to_it_and_one_of_nobody_is_counted() -> None:
    one, (first, _) = adapter(), batches()
    assert taken(one, first[1]).camera == "south"
    assert one.take(first[2], now_us=NOW_US) is None
    assert one.unknown == 1


def test_a_live_frame_has_its_own_time_where_that_is_near_the_clock_and_its_arrival_otherwise() -> None:
    one, (first, _) = adapter(), batches()
    assert taken(one, first[0]).event_us == 1_760_000_000_000_000
    assert taken(one, first[1]).event_us == NOW_US - 20_000
    assert one.disbelieved == 1


def test_a_frame_that_is_not_later_than_the_last_is_left_out() -> None:
    one, (_, second) = adapter(), batches()
    taken(one, second[0], NOW_US + 200_000)
    assert one.take(second[1], now_us=NOW_US + 210_000) is None
    assert one.not_later == 1


def test_a_files_frame_has_its_place_in_the_file() -> None:
    one, (first, second) = adapter(base_us=5_000_000), batches()
    assert [taken(one, batch[0]).event_us for batch in (first, second)] == [5_000_000, 5_200_000]


def test_track_numbers_do_not_fill_the_memory() -> None:
    one, (_, second) = adapter(), batches()
    frame = second[0]
    for step in range(9000):
        frame.object_items = [SimpleNamespace(**{**vars(frame.object_items[0]), "object_id": step})]
        frame.ntp_timestamp += 1_000_000
        assert taken(one, frame, frame.ntp_timestamp // 1000).found.tracks.tolist() == [step + 1]
    assert len(one._numbers["north"]) <= 8192


def test_cameras_are_linked_in_order_and_thinned_before_inference() -> None:
    made, links = elements(STREAMS)
    named = {element.name: element for element in made}
    assert [link for link in links if link[0] in {("rate_0", "mux"), ("rate_1", "mux"), ("rate_2", "mux")}] == [
        ((f"rate_{number}", "mux"), ("", "sink_%u")) for number in range(3)
    ]
    assert named["rate_1"].properties == {"drop-only": True, "max-rate": 5}
    assert named["mux"].properties["batch-size"] == named["infer"].properties["batch-size"] == 3
    assert links[-1] == ("mux", "infer", "tracker", "convert", "rgb", "sink")
    linked = {name for link in links for part in link for name in ([part] if isinstance(part, str) else part)}
    assert linked - {"", "sink_%u"} == set(named)


def test_no_batch_is_skipped_since_a_camera_could_be_in_none_that_is_looked_into() -> None:
    made, _ = elements(STREAMS)
    assert next(element for element in made if element.name == "infer").properties["interval"] == 0
    assert yaml.safe_load((CONFIGS / "nvinfer_yolox.yml").read_text())["property"]["interval"] == 0


def test_a_group_without_cameras_or_with_a_path_for_an_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected 1 to 64 cameras in a group, got 0"):
        elements([])
    with pytest.raises(ConfigError, match="camera 'north': backend deepstream expects an address"):
        elements([Stream(camera="north", uri="film.mp4", fps=5)])


def test_without_pyservicemaker_the_start_says_where_it_runs() -> None:
    with pytest.raises(ConfigError, match="pyservicemaker is not here: it runs in the container of deploy/deepstream/ alone"):
        DeepStream(STREAMS, adapter(), lambda _seen, _picture: None, clock=lambda: NOW_US).start()


class Tape:
    """A pipeline that plays the written batches to its probe."""

    def __init__(self, name: str) -> None:
        self.name, self.added, self.linked, self.stopped = name, [], [], False  # type: ignore[var-annotated]

    def add(self, factory: str, name: str, properties: dict[str, Any]) -> None:
        self.added.append((factory, name))

    def link(self, *what: Any) -> None:
        self.linked.append(what)

    def attach(self, element: str, probe: Any) -> None:
        self.probe = probe

    def start(self) -> None:
        for batch in batches():
            pictures = {frame.batch_id: np.full((1080, 1920, 3), (10, 20, 30), dtype=np.uint8) for frame in batch if frame.batch_id != 1}
            assert self.probe.handle_buffer(SimpleNamespace(batch_meta=SimpleNamespace(frame_items=batch), extract=pictures.__getitem__))

    def wait(self) -> None:
        pass

    def stop(self) -> None:
        self.stopped = True


def test_a_batch_reaches_its_cameras_and_a_frame_that_cannot_be_read_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    maker, arrays = ModuleType("pyservicemaker"), ModuleType("cupy")
    maker.Pipeline, maker.BufferOperator, maker.Probe = Tape, object, lambda _name, operator: operator  # type: ignore[attr-defined]
    arrays.from_dlpack = arrays.asnumpy = np.asarray  # type: ignore[attr-defined]
    arrays.ascontiguousarray = np.ascontiguousarray  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyservicemaker", maker)
    monkeypatch.setitem(sys.modules, "cupy", arrays)
    came: list[tuple[str, tuple[int, ...], list[int]]] = []
    stream = DeepStream(
        STREAMS,
        adapter(),
        lambda seen, picture: came.append((seen.camera, picture.shape, picture[0, 0].tolist())),
        clock=lambda: NOW_US + 200_000,
    )
    stream.start()
    stream.wait(threading.Event())
    assert came == [("north", (360, 640, 3), [30, 20, 10])] * 2
    assert stream.broken == 1  # the picture of 'south'
    assert "frame not handed over" in capsys.readouterr().err


def test_handed_frames_take_the_workers_usual_path_with_their_own_tracks() -> None:
    worker = CameraWorker(
        camera="north", backend=Elsewhere(), jpeg=lambda _: b"jpeg", start_us=0, size_px=(3840, 2160), fps=5, masks=((190, 390, 310, 650),)
    )
    noise = np.random.default_rng(1).integers(60, 200, (360, 640, 3)).astype(np.uint8)
    looked = worker.handed(1_760_000_000_000_000, noise, taken(adapter(), batches()[0][0]).found)
    assert looked.tracks is not None
    assert (looked.tracks.tolist(), looked.size_px, len(looked.found.boxes)) == ([2, UNCONFIRMED], (3840, 2160), 2)
    worker.take(1_760_000_000_000_000, looked, received_us=0)
    worker.take(1_760_000_000_200_000, looked, received_us=0)
    assert worker._people == 1


def test_handing_over_never_waits_and_the_newest_frame_counts() -> None:
    feed, picture = HandedFeed(), np.zeros((2, 2, 3), dtype=np.uint8)
    for event_us in (1, 2, 3):
        feed.put(Shot(event_us=event_us, frame=picture))
    shots = [feed.next(threading.Event()) for _ in range(3)]
    assert [(shot.event_us, shot.frame is None) for shot in shots if shot] == [(1, True), (2, True), (3, False)]


def test_the_configuration_of_nvinfer_is_that_of_the_list() -> None:
    model, config = model_called("yolox-nano"), yaml.safe_load((CONFIGS / "nvinfer_yolox.yml").read_text())
    assert config["property"]["onnx-file"].endswith("/" + model.file)
    assert config["property"]["infer-dims"] == ";".join(str(edge) for edge in model.input.shape[1:])
    assert config["class-attrs-all"]["pre-cluster-threshold"] == model.thresholds.score
    assert config["class-attrs-all"]["nms-iou-threshold"] == model.thresholds.overlap
    assert len((CONFIGS / "labels.txt").read_text().split("\n")) - 1 == config["property"]["num-detected-classes"]
    assert yaml.safe_load((CONFIGS / "tracker.yml").read_text())["BaseConfig"]["minDetectorConfidence"] == model.thresholds.score


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here")
def test_the_parser_of_nvinfer_reads_rows_as_the_onnx_backend_does(tmp_path: Path) -> None:
    library = tmp_path / "parser.so"
    sources = [CONFIGS / "yolox_parser.cpp", HERE / "shim.cpp"]
    subprocess.run(["g++", "-shared", "-fPIC", "-std=c++17", "-Wall", "-Werror", f"-I{HERE}", *sources, "-o", library], check=True)
    rng = np.random.default_rng(3)
    rows = np.concatenate([rng.normal(0, 1, (756, 4)), rng.random((756, 4))], axis=1).astype(np.float32)
    out = np.zeros((756, 6), dtype=np.float32)
    pointer = ctypes.POINTER(ctypes.c_float)
    parse = ctypes.CDLL(str(library)).parse
    count = parse(rows.ctypes.data_as(pointer), 756, 8, 192, ctypes.c_float(0.3), out.ctypes.data_as(pointer), 756)
    mine = decode(rows, (192, 192))
    scores = mine[:, 4:5] * mine[:, 5:]
    held = scores.max(axis=1) >= 0.3
    expected = np.column_stack(
        [mine[held, :2] - mine[held, 2:4] / 2, mine[held, 2:4], scores[held].max(axis=1), scores[held].argmax(axis=1)]
    )
    assert count == held.sum() > 100
    np.testing.assert_allclose(out[:count], expected, rtol=1e-5, atol=1e-3)
    assert parse(rows.ctypes.data_as(pointer), 755, 8, 192, ctypes.c_float(0.3), out.ctypes.data_as(pointer), 756) == -1
