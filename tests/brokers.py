"""A broker of a test's own, alone, where it has been fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.alerts.broker import broker

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def kafka_alone(folder: Path, *modes: str) -> Iterator[str]:
    """Its host:port, with the topics of *modes*; skips where Kafka has not been fetched."""
    if not (ROOT / ".muster" / "jars").is_dir():
        pytest.skip("the servers have not been fetched")
    with broker(ROOT / ".muster", folder, *modes) as address:
        yield address
