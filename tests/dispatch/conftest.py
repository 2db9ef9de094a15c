"""The demo's plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from plan.load import load
from plan.model import Plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def plan() -> Plan:
    return load(ROOT / "plan" / "examples" / "stadium.yaml")
