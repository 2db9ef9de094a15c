"""`muster models …`: which weights there are, get them, hold them against the list."""

from __future__ import annotations

from typing import Final

from cli.console import FAILED, UNREACHABLE, USAGE, console, fail, print_json
from connectors.download import Download
from pipelines.detect.backends.onnx import session_of
from pipelines.detect.models import Model, catalogue, model_called, models_folder, weights_of
from pipelines.errors import ConfigError, MusterError, TransientError

_KIB: Final = 1024


def listed(*, as_json: bool) -> None:
    """Every model of the list: what it is for, its licence, whether its file is there."""
    folder, known = models_folder(), _known()
    if as_json:
        print_json([{**model.model_dump(mode="json"), "there": (folder / model.file).is_file()} for model in known])
        return
    for model in known:
        there = "there" if (folder / model.file).is_file() else "not there"
        read_by = "onnx, deepstream" if model.output.kind == "yolox" else "no backend"
        shape = "x".join(str(edge) for edge in model.input.shape)
        console.print(f"{model.name}: {model.task}", markup=False)
        console.print(f"  {there}, {model.size_bytes // _KIB} KiB, {model.licence}, input {shape}, read by {read_by}", markup=False)
        console.print(f"  {model.origin}", markup=False)
    console.print(f"in {folder} (MUSTER_MODELS)", markup=False)


def pull(names: list[str]) -> None:
    """Fetch models from where they are published; one that is there and whole is left alone."""
    folder, known = models_folder(), _known()
    unreachable = refused = False
    for model in _chosen(names, known):
        if _refusal(model) is None:
            console.print(f"{model.name}: is there and whole", markup=False)
            continue
        try:
            Download().fetch(model.address, folder / model.file, sha256=model.sha256, size_bytes=model.size_bytes)
        except MusterError as error:
            console.print(f"{model.name}: {error}", markup=False)
            unreachable, refused = unreachable or isinstance(error, TransientError), refused or not isinstance(error, TransientError)
        else:
            console.print(f"{model.name}: {model.size_bytes} bytes in {folder / model.file}, {model.licence}", markup=False)
    if refused or unreachable:
        fail("not every model could be had", FAILED if refused else UNREACHABLE)


def check(names: list[str]) -> None:
    """Say of each model whether its file is the one that the list names, and onnxruntime reads it with the shapes it names."""
    bad = 0
    for model in _chosen(names, _known()):
        if not names and not (models_folder() / model.file).is_file():
            console.print(f"{model.name}: is not there", markup=False)
            continue
        sentence = _refusal(model)
        bad += sentence is not None
        console.print(f"{model.name}: {sentence or 'hash, size and shapes are as listed'}", markup=False)
    if bad:
        fail(f"{bad} of the models cannot be used")


def _known() -> tuple[Model, ...]:
    try:
        return catalogue()
    except ConfigError as error:
        fail(error, USAGE)


def _chosen(names: list[str], known: tuple[Model, ...]) -> list[Model]:
    try:
        return [model_called(name, known) for name in names] or list(known)
    except ConfigError as error:
        fail(error, USAGE)


def _refusal(model: Model) -> str | None:
    try:
        session_of(model, weights_of(model, models_folder()))
    except ConfigError as error:
        return str(error)
    return None
