"""The weights that Muster knows, as `models.yaml` lists them, and whether a file is the one that is meant."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pipelines.errors import ConfigError

CATALOGUE: Final = Path(__file__).with_name("models.yaml")
DEFAULT: Final = "yolox-nano"
STRIDES: Final = (8, 16, 32)
_ROOT: Final = Path(__file__).resolve().parents[2]
Text = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]
Share = Annotated[float, Field(gt=0, lt=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Part):
    """What the network wants to see."""

    name: Text
    shape: tuple[int, int, int, int]
    layout: Literal["NCHW"]
    colours: Literal["BGR", "RGB"]
    range: tuple[float, float]


class Output(_Part):
    """What the network says; kind none = no backend reads it."""

    kind: Literal["yolox", "none"]
    shape: tuple[int, ...]


class Thresholds(_Part):
    """The least score, and the overlap (IoU) above which two boxes of one kind are one object."""

    score: Share
    overlap: Share


class Model(_Part):
    """One file of weights.

    Args:
        name: by which settings and commands call it.
        file: its name in the folder of weights.
        licence: SPDX identifier.
        origin: the page of those who publish it.
        address: of the file itself.
        classes: those of the network's classes that are used, by COCO's number.
    """

    name: Name
    file: FileName
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: int = Field(gt=0)
    licence: Text
    origin: Text
    address: Text
    task: Text
    input: Input
    output: Output
    classes: dict[int, Text]
    thresholds: Thresholds

    @model_validator(mode="after")
    def _shapes_fit(self) -> Model:
        if urlsplit(self.address).scheme not in ("https", "http"):
            raise ValueError(f"address {self.address}: expected https")
        if self.output.kind == "yolox":
            high, wide = self.input.shape[2:]
            cells = sum((high // stride) * (wide // stride) for stride in STRIDES)
            if self.input.shape[:2] != (1, 3) or high % STRIDES[-1] or wide % STRIDES[-1]:
                raise ValueError(f"input shape {self.input.shape}: expected (1, 3, h, w) with h and w multiples of {STRIDES[-1]}")
            if len(self.output.shape) != 3 or self.output.shape[:2] != (1, cells) or self.output.shape[2] < 6:
                raise ValueError(f"output shape {self.output.shape}: expected (1, {cells}, 5 + classes)")
            if not self.classes or max(self.classes) > self.output.shape[2] - 6 or min(self.classes) < 0:
                raise ValueError(f"classes {sorted(self.classes)}: the network has {self.output.shape[2] - 5}")
        return self


class _Catalogue(_Part):
    models: tuple[Model, ...]


def models_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where weights lie: MUSTER_MODELS, else `../shared/models` beside the project."""
    given = environment.get("MUSTER_MODELS", "")
    return Path(given) if given else _ROOT.parent / "shared" / "models"


def catalogue(path: Path = CATALOGUE) -> tuple[Model, ...]:
    """Every model that Muster knows.

    Raises:
        ConfigError: the file cannot be read, or is no such list.
    """
    try:
        found = _Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path.name}: cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path.name}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    names = [model.name for model in found.models]
    if len(set(names)) != len(names):
        raise ConfigError(f"{path.name}: two models share a name")
    return found.models


def model_called(name: str, known: tuple[Model, ...] | None = None) -> Model:
    """The model of that name.

    Raises:
        ConfigError: there is none.
    """
    known = catalogue() if known is None else known
    for model in known:
        if model.name == name:
            return model
    raise ConfigError(f"model '{name}': expected {', '.join(model.name for model in known)}")


def weights_of(model: Model, folder: Path) -> bytes:
    """The model's file, once it is known to be the one that is meant.

    Raises:
        ConfigError: it is missing, or another file.
    """
    path = folder / model.file
    try:
        weights = path.read_bytes()
    except OSError:
        raise ConfigError(
            f"model {model.file} is missing: put it in {folder} (MUSTER_MODELS; `muster models pull {model.name}`) or use backend motion"
        ) from None
    if len(weights) != model.size_bytes or hashlib.sha256(weights).hexdigest() != model.sha256:
        raise ConfigError(
            f"model {model.file} is not the file that Muster knows: expected {model.size_bytes} bytes with sha256 {model.sha256},"
            f" got {len(weights)} bytes: get it again (`muster models pull {model.name}`) or use backend motion"
        )
    return weights


def shape_refusal(model: Model, inputs: Mapping[str, object], first_output: object) -> str | None:
    """Why a network is not the one that the list describes; None when it is.

    Args:
        model: what was expected.
        inputs: shape by name, of what the network wants.
        first_output: shape of what it says first.
    """
    if dict(inputs) != {model.input.name: list(model.input.shape)}:
        got = ", ".join(f"{name} {shape}" for name, shape in inputs.items())
        return f"model {model.file}: expected the input {model.input.name} {list(model.input.shape)}, the file has {got}"
    if first_output != list(model.output.shape):
        return f"model {model.file}: expected the output {list(model.output.shape)}, the file has {first_output}"
    return None
