"""A scenario: the story that walkers, devices and one rendered camera play, and the alerts that must come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from pipelines.errors import ConfigError
from plan.load import load as load_plan
from plan.model import Plan
from plan.part import Id, Part
from simulation.walkers import Walkers


class Drive(Part):
    """One vehicle's way: seconds, x m, y m; repeated where *every_s* says so."""

    vehicle: Id
    device: Id
    lane: Id
    way: tuple[tuple[float, float, float], ...] = Field(min_length=2)
    every_s: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _moves_on(self) -> Drive:
        times = [row[0] for row in self.way]
        if times != sorted(set(times)):
            raise ValueError("the times of the way must rise")
        if self.every_s is not None and self.every_s < times[-1] - times[0]:
            raise ValueError("the vehicle would be in two places at once")
        return self


class FireStep(Part):
    """A detector or the panel says something new."""

    at_s: float = Field(ge=0)
    device: Id
    state: Literal["normal", "alarm", "output_started", "feedback"]
    output: Literal["", "broadcast", "sprinkler"] = ""


class Video(Part):
    """What the rendered camera films, in seconds of the story; from *frozen_from_s* on its picture stands still."""

    camera: Id
    from_s: float
    frozen_from_s: float
    frozen_to_s: float
    to_s: float

    @model_validator(mode="after")
    def _in_order(self) -> Video:
        times = [self.from_s, self.frozen_from_s, self.frozen_to_s, self.to_s]
        if times != sorted(times):
            raise ValueError(f"expected from <= frozen_from <= frozen_to <= to, got {times}")
        return self


class BadlySigned(Part):
    """A reading whose signature is wrong, sent before the true one."""

    at_s: float
    device: Id


class Hostile(Part):
    """Deliberate faults: every n-th turnstile envelope twice, wrong signatures, bytes that are no record."""

    duplicate_every: int = Field(default=0, ge=0)
    badly_signed: tuple[BadlySigned, ...] = ()
    not_avro_at_s: tuple[float, ...] = ()


class ExpectedAlert(Part):
    """An alert with a card that the story must raise, and when it must begin, seconds of the story."""

    rule: str
    place: Id
    level: Literal["watch", "caution", "warning", "critical", "act_now"]
    latched: bool
    from_s: float
    to_s: float


class Scenario(Part):
    """One story."""

    id: Id
    plan: Path
    walkers: Path
    duration_s: float = Field(gt=0)
    inside_at_start: dict[str, int] = Field(default_factory=dict)
    drives: tuple[Drive, ...] = ()
    fire: tuple[FireStep, ...] = ()
    video: Video
    identities: dict[Literal["ticket", "id_card", "face"], float] = Field(min_length=1)
    hostile: Hostile = Hostile()
    expected: tuple[ExpectedAlert, ...] = ()


class Story(Part, arbitrary_types_allowed=True):
    """A scenario with its plan and its walkers."""

    scenario: Scenario
    plan: Plan
    walkers: Walkers


def read(path: Path) -> Scenario:
    """The scenario in the YAML file *path*; its paths are made from the file's folder.

    Raises:
        ConfigError: the file cannot be read, or is not a scenario.
    """
    try:
        scenario = Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"scenario {path}: cannot be read: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        rows = (f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in error.errors())
        raise ConfigError("\n".join(f"scenario {path}: {row}" for row in rows)) from error
    folder = path.resolve().parent
    return scenario.model_copy(update={"plan": (folder / scenario.plan).resolve(), "walkers": folder / scenario.walkers})


def load(path: Path) -> Story:
    """The scenario in *path* with all that it refers to.

    Raises:
        ConfigError: a file cannot be read, or the scenario names something that its plan does not have.
    """
    scenario = read(path)
    plan = load_plan(scenario.plan)
    wrong = check(scenario, plan)
    if wrong:
        raise ConfigError("\n".join(f"scenario {path}: {sentence}" for sentence in wrong))
    return Story(scenario=scenario, plan=plan, walkers=Walkers.load(scenario.walkers))


def check(scenario: Scenario, plan: Plan) -> list[str]:
    """What the scenario names that the plan does not have, one sentence each."""
    devices = {row.id for row in plan.devices}
    lanes = {row.id for row in plan.lanes}
    places = {row.id for row in plan.zones} | lanes | {row.id for row in plan.areas}
    named = [
        *(("devices", row.device, devices) for row in scenario.drives),
        *(("devices", row.device, devices) for row in scenario.fire),
        *(("devices", row.device, devices) for row in scenario.hostile.badly_signed),
        *(("lanes", row.lane, lanes) for row in scenario.drives),
        *(("areas", area, {row.id for row in plan.areas}) for area in scenario.inside_at_start),
        *(("places", row.place, places) for row in scenario.expected),
        ("cameras of kind 'video'", scenario.video.camera, {row.id for row in plan.cameras if row.kind == "video"}),
    ]
    return [f"there is no '{name}' among the plan's {kind}" for kind, name, known in named if name not in known]
