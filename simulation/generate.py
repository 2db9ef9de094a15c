"""Writes the stadium's walkers: `python -m simulation.generate [--out FILE]`; the same bytes each time."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from plan.load import load
from simulation.paths import END_S, sampled
from simulation.peaks import floors, limits, peak_counts
from simulation.stadium import crowds
from simulation.walkers import Walkers, save

HERE = Path(__file__).resolve().parent
PLAN = HERE.parent / "plan" / "examples" / "stadium.yaml"
WALKERS = HERE / "stadium-walkers.npz"
_FULL = "gate-c-queue"


def generate(out: Path) -> Walkers:
    """Write the walkers to *out* and read them back."""
    save(sampled(crowds(load(PLAN))), out)
    return Walkers.load(out)


def exceeded(walkers: Walkers, *, step_s: float = 1.0) -> list[str]:
    """Where a zone other than Gate C's queue reaches its first level, one sentence each."""
    plan = load(PLAN)
    zones, most = floors(plan), limits(plan)
    return [
        f"{t_s:.1f} s: {zone} has {count} people in a box, expected at most {most[zone]}"
        for t_s in np.arange(0, END_S, step_s)
        for zone, count in peak_counts(walkers, zones, float(t_s)).items()
        if count > most[zone] and zone != _FULL
    ]


def main() -> None:
    """Write, check, say what came of it."""
    parser = argparse.ArgumentParser(description="Write the stadium's walkers.")
    parser.add_argument("--out", type=Path, default=WALKERS)
    out = parser.parse_args().out
    walkers = generate(out)
    wrong = exceeded(walkers)
    print(f"{walkers.people} walks, {out.stat().st_size / 1e6:.2f} MB", *wrong[:20], sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
