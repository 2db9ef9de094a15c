"""`muster plan …`: check a plan, and its JSON Schema."""

from __future__ import annotations

from pathlib import Path

from cli.console import console, fail, print_json
from cli.paths import from_caller
from pipelines.dispatch.texts import too_long
from pipelines.errors import MusterError
from plan.duty_check import notes
from plan.load import load, plan_hash
from plan.model import Plan


def check(file: Path) -> None:
    """Say what is wrong with it (exit 1), or its hash; what is no mistake but should be known follows as notes."""
    try:
        plan = load(from_caller(file))
    except MusterError as error:
        fail(error)
    long = too_long(plan)
    if long and plan.duty is not None:
        fail("\n".join(f"plan {file}: {sentence}" for sentence in long))
    console.print(
        f"{plan.event.name.en}: version {plan.version}, {len(plan.zones)} zones, {len(plan.cameras)} cameras, hash {plan_hash(plan)}",
        markup=False,
    )
    for sentence in [*notes(plan), *long]:
        console.print(f"note: {sentence}", markup=False)


def schema() -> None:
    """Print the JSON Schema."""
    print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema()})
