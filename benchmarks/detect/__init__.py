"""Detection: how right it is, and how fast beside the model alone and beside the usual loop. `./muster bench detect`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmarks.detect import accuracy, alarms, saturation, speed, staged
from cli.paths import data_folder
from pipelines.errors import ConfigError
from simulation import scenario

PARTS: Final = ("accuracy", "behaviour", "speed", "saturation")
SCENARIO: Final = Path(scenario.__file__).with_name("scenario.yaml")


def run(home: Path, root: Path, *, only: str = ",".join(PARTS)) -> dict[str, Any]:
    """Measure the *only* parts.

    Args:
        home: the runtime folder, where the demo's film is kept.
        root: the project.
        only: parts with commas between.

    Raises:
        ConfigError: an unknown part, or footage or weights are missing.
    """
    del root
    parts = only.split(",")
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise ConfigError(f"--only {only}: there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    data = data_folder()
    found: dict[str, Any] = {}
    if "accuracy" in parts:
        found["vtest"] = accuracy.street(data)
        found["cars"] = accuracy.cars(data)
        found["one_by_one"] = accuracy.one_by_one(data)
        found["rendered"] = accuracy.rendered(SCENARIO, home / "video")
    if "behaviour" in parts:
        found["behaviour"] = {"made": staged.made(), "clips": alarms.clips(data, SCENARIO, home / "video")}
    if "speed" in parts:
        found |= speed.measured(data)
    if "saturation" in parts:
        found["saturation"] = saturation.measured()
    return found
