"""Density, speed and flow windows beside the usual stream frameworks: same frames, same answers, processor time of all."""

from __future__ import annotations

from benchmarks.crowd.peers import run

__all__ = ["run"]
