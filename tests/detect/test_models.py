"""The list of weights is sound, files are held against it, and the second family member finds people too."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.detect.backends.onnx import Onnx, OnnxSettings, decode, provider_for, session_of
from pipelines.detect.models import catalogue, model_called, weights_of
from pipelines.errors import ConfigError


def test_every_model_of_the_list_has_an_address_that_names_a_commit() -> None:
    for model in catalogue():
        assert model.address.startswith("https://")
        assert any(len(part) == 40 and int(part, 16) for part in model.address.split("/") if len(part) == 40)


def test_a_list_with_another_key_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text("models: [{ name: x, licens: MIT }]")
    with pytest.raises(ConfigError, match=r"models\.yaml: models\.0"):
        catalogue(path)


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="model 'magic': expected yolox-nano, person-rpi"):
        model_called("magic")


def test_a_model_of_the_wrong_hash_is_refused(tmp_path: Path) -> None:
    model = model_called("yolox-nano")
    (tmp_path / model.file).write_bytes(bytes(model.size_bytes))
    with pytest.raises(ConfigError, match=f"is not the file that Muster knows: expected {model.size_bytes} bytes with sha256 695e"):
        weights_of(model, tmp_path)


def test_a_model_of_the_wrong_shape_is_refused(weights: Path, tmp_path: Path) -> None:
    body = (weights / model_called("person-rpi").file).read_bytes()
    model = model_called("yolox-nano").model_copy(update={"sha256": hashlib.sha256(body).hexdigest(), "size_bytes": len(body)})
    (tmp_path / model.file).write_bytes(body)
    with pytest.raises(ConfigError, match=r"expected the input images \[1, 3, 416, 416\], the file has images \[1, 3, 192, 192\]"):
        Onnx(folder=tmp_path, known=(model,))


def test_what_onnxruntime_cannot_read_is_refused() -> None:
    with pytest.raises(ConfigError, match="onnxruntime cannot read it"):
        session_of(model_called("yolox-nano"), b"not a network")


def test_a_model_whose_output_nobody_reads_is_no_backend() -> None:
    with pytest.raises(ConfigError, match="no backend reads its output"):
        Onnx(OnnxSettings(model="ultraface-320"))


def test_a_gpu_that_was_asked_for_is_not_left_out_silently() -> None:
    offered = ["CPUExecutionProvider"]
    assert provider_for("auto", offered) == "CPUExecutionProvider"
    assert provider_for("auto", ["CUDAExecutionProvider", *offered]) == "CUDAExecutionProvider"
    with pytest.raises(ConfigError, match="provider 'cuda' is not in this onnxruntime"):
        provider_for("cuda", offered)
    with pytest.raises(ConfigError, match="expected auto, cpu, cuda"):
        provider_for("tpu", offered)


def test_rows_of_a_smaller_network_lie_on_its_own_grid() -> None:
    found = decode(np.zeros((756, 6), dtype=np.float32), (192, 192))
    assert found[25, :4].tolist() == [8, 8, 8, 8]
    assert found[-1, :4].tolist() == [160, 160, 32, 32]


@pytest.mark.usefixtures("weights")
def test_the_small_model_finds_most_people_of_a_real_street(videos: Path) -> None:
    reader, small, large = (
        cv2.VideoCapture(str(videos / "vtest.avi")),
        Onnx(OnnxSettings(model="person-rpi", score=0.4)),
        Onnx(OnnxSettings(score=0.4)),
    )
    counts = []
    for number in range(40):
        found, frame = reader.read()
        assert found
        if number % 4 == 0:
            picture = np.asarray(frame, dtype=np.uint8)
            people = large.detect(picture)
            counts.append((len(small.detect(picture)), int((people[:, 5] == 0).sum())))
    few, many = np.asarray(counts).sum(axis=0)
    assert 0.5 * many <= few <= 1.3 * many
